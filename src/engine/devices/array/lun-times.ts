/** A controller's own time per command, one at a time: 500,000 commands per second (model). */
export const CONTROLLER_NS = 2_000;
/** From the controller to the answer of a command that needs no disk (model). */
export const CACHE_NS = 100_000;
/** The same on a device without a cache, such as a local disk (model). */
export const DEVICE_NS = 10_000;
/** Extra time of commands that arrive at the controller that does not own the LUN (model). */
export const FORWARD_NS = 150_000;
