/** An empty box that Ink lays out; what appears inside is painted by panels. */
import { Box, type BoxProps, type DOMElement } from 'ink';
import { createContext, type ReactElement, useContext, useLayoutEffect, useRef } from 'react';
import type { Painter, Rect } from './painter.js';

export const PainterContext = createContext<Painter | undefined>(undefined);

/** Where Ink has put a node, in columns and rows of the screen. */
function rectOf(node: DOMElement | null): Rect {
  let x = 0;
  let y = 0;
  for (let at: DOMElement | null | undefined = node; at; at = at.parentNode) {
    x += at.yogaNode?.getComputedLeft() ?? 0;
    y += at.yogaNode?.getComputedTop() ?? 0;
  }
  const width = node?.yogaNode?.getComputedWidth() ?? 0;
  const height = node?.yogaNode?.getComputedHeight() ?? 0;
  return { x, y, width, height };
}

export function Surface({
  id,
  ...box
}: Omit<BoxProps, 'children'> & { readonly id: string }): ReactElement {
  const node = useRef<DOMElement>(null);
  const painter = useContext(PainterContext);
  useLayoutEffect(() => painter?.track(id, () => rectOf(node.current)), [painter, id]);
  return <Box ref={node} {...box} />;
}
