import { escapeXml } from './escape-xml.ts';

/** A part of the picture that knows its size, and draws itself at a place. Lengths are pixels. */
export interface Box {
  readonly width: number;
  readonly height: number;
  draw(x: number, y: number): string;
}

const gap = 8;
const titleHeight = 18;
const boldWidth = 7.6;

/** Boxes side by side, in as many rows as the width needs. */
export function flow(boxes: readonly Box[], maxWidth: number, between = gap): Box {
  const spots: { box: Box; x: number; y: number }[] = [];
  let x = 0;
  let y = 0;
  let rowHeight = 0;
  let width = 0;
  for (const box of boxes) {
    if (x > 0 && x + box.width > maxWidth) {
      y += rowHeight + between;
      x = 0;
      rowHeight = 0;
    }
    spots.push({ box, x, y });
    x += box.width + between;
    width = Math.max(width, x - between);
    rowHeight = Math.max(rowHeight, box.height);
  }
  return { width, height: y + rowHeight, draw: (left, top) => spots.map((spot) => spot.box.draw(left + spot.x, top + spot.y)).join('') };
}

/** A box with a frame and a title around another one. */
export function framed(title: string, kind: string, inner: Box): Box {
  const text = fitted(title, Math.max(inner.width, 60), boldWidth);
  const width = Math.max(inner.width, Math.ceil(text.length * boldWidth)) + 2 * gap;
  const height = inner.height + titleHeight + 2 * gap;
  const draw = (x: number, y: number) =>
    `<g><rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="4"/>` +
    `<text class="title" x="${x + gap}" y="${y + titleHeight - 2}">${escapeXml(text)}</text>` +
    `${inner.draw(x + gap, y + titleHeight + gap)}</g>\n`;
  return { width, height, draw };
}

/** Lines of text. */
export function lines(texts: readonly string[], kind: string): Box {
  const step = 17;
  return {
    width: Math.max(0, ...texts.map((text) => (kind === 'faint' ? 0.85 : 1) * textWidth(text))),
    height: texts.length * step,
    draw: (x, y) => texts.map((text, k) => `<text class="${kind}" x="${x}" y="${y + 12 + k * step}">${escapeXml(text)}</text>\n`).join(''),
  };
}

/** Boxes below each other. */
export function stack(boxes: readonly Box[], between = gap): Box {
  const filled = boxes.filter(({ height }) => height > 0);
  const tops = filled.map((_, k) => filled.slice(0, k).reduce((sum, { height }) => sum + height + between, 0));
  return {
    width: Math.max(0, ...filled.map(({ width }) => width)),
    height: filled.reduce((sum, { height }) => sum + height + between, -between),
    draw: (x, y) => filled.map((box, k) => box.draw(x, y + (tops[k] as number))).join(''),
  };
}

const characterWidth = 6.8;

/** About, for the 12 pixel font. */
export const textWidth = (text: string): number => Math.ceil(text.length * characterWidth);

/** As much of a text as fits, with an ellipsis when something was cut off. */
export function fitted(text: string, width: number, character = characterWidth): string {
  const room = Math.max(1, Math.floor(width / character));
  return text.length <= room ? text : `${text.slice(0, Math.max(1, room - 1))}…`;
}

/** A name up to its first dot; the whole one is shown when the pointer rests on it. */
export const shortName = (name: string): string => name.split('.')[0] as string;
