/** No client. */
export const NO_CLIENT = -1;

/**
 * Clients of the scheduler ordered by (tag, number). A binary heap in typed arrays that knows where
 * each client stands, so that a tag can change and a client leave in O(log n).
 */
export class TagHeap {
  /** The tag of each client, whether or not it is in the heap; after a change call `put`. */
  tags = new Float64Array(8);
  size = 0;

  private clients = new Int32Array(8);
  private places = new Int32Array(8).fill(NO_CLIENT);

  /** Makes room for clients 0 to `count` - 1. */
  reserve(count: number): void {
    if (count <= this.tags.length) return;
    const length = Math.max(count, this.tags.length * 2);
    const tags = new Float64Array(length);
    const clients = new Int32Array(length);
    const places = new Int32Array(length).fill(NO_CLIENT);
    tags.set(this.tags);
    clients.set(this.clients);
    places.set(this.places);
    this.tags = tags;
    this.clients = clients;
    this.places = places;
  }

  /** The client with the least tag, or NO_CLIENT. */
  get first(): number {
    return this.size === 0 ? NO_CLIENT : this.clients[0];
  }

  /** The least tag; infinite when the heap is empty. */
  get least(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : this.tags[this.clients[0]];
  }

  has(client: number): boolean {
    return this.places[client] !== NO_CLIENT;
  }

  /** Puts the client in, or to its new place when its tag has changed. */
  put(client: number): void {
    let place = this.places[client];
    if (place === NO_CLIENT) place = this.size++;
    if (!this.rise(client, place)) this.sink(client, this.places[client]);
  }

  /** Takes the client out; nothing happens when it is not in. */
  remove(client: number): void {
    const place = this.places[client];
    if (place === NO_CLIENT) return;
    this.places[client] = NO_CLIENT;
    const last = this.clients[--this.size];
    if (last === client) return;
    if (!this.rise(last, place)) this.sink(last, this.places[last]);
  }

  private before(one: number, other: number): boolean {
    const { tags } = this;
    return tags[one] < tags[other] || (tags[one] === tags[other] && one < other);
  }

  /** Moves the client up from `place`; false when it stays there. */
  private rise(client: number, place: number): boolean {
    const { clients, places } = this;
    let at = place;
    while (at > 0) {
      const above = clients[(at - 1) >> 1];
      if (!this.before(client, above)) break;
      clients[at] = above;
      places[above] = at;
      at = (at - 1) >> 1;
    }
    clients[at] = client;
    places[client] = at;
    return at !== place;
  }

  private sink(client: number, place: number): void {
    const { clients, places, size } = this;
    let at = place;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.before(clients[child + 1], clients[child])) child++;
      const below = clients[child];
      if (!this.before(below, client)) break;
      clients[at] = below;
      places[below] = at;
      at = child;
    }
    clients[at] = client;
    places[client] = at;
  }
}
