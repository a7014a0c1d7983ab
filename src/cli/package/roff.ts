/** A part of a manual page. */
export type Block =
  | { readonly heading: string }
  /** A heading below the last one. */
  | { readonly subheading: string }
  | { readonly paragraph: string }
  /** Lines that stay as they are. */
  | { readonly lines: readonly string[] }
  /** A term and what it means. */
  | { readonly term: string; readonly about: string };

export interface ManualPage {
  /** Without its section. */
  readonly name: string;
  readonly section: 1 | 8;
  readonly summary: string;
  readonly blocks: readonly Block[];
}

/** A manual page as man(7) reads it. @param date as the foot of the page shows it */
export function roff({ name, section, summary, blocks }: ManualPage, version: string, date: string): string {
  return [
    `.TH ${quoted(name.toUpperCase())} ${section} ${quoted(date)} ${quoted(`gantry ${version}`)} "Gantry"`,
    '.SH NAME',
    `${escaped(name)} \\- ${escaped(summary)}`,
    ...blocks.flatMap(blockLines),
    '',
  ].join('\n');
}

function blockLines(block: Block): string[] {
  if ('heading' in block) return [`.SH ${quoted(block.heading.toUpperCase())}`];
  if ('subheading' in block) return [`.SS ${quoted(block.subheading)}`];
  if ('paragraph' in block) return ['.PP', ...block.paragraph.split('\n').map(escaped)];
  if ('lines' in block) return ['.PP', '.nf', ...block.lines.map(escaped), '.fi'];
  return ['.TP', `\\fB${escaped(block.term)}\\fR`, ...block.about.split('\n').map(escaped)];
}

/** A backslash begins an instruction, and so does a dot or an apostrophe at the start of a line. */
const escaped = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/, '\\&');

const quoted = (text: string): string => `"${escaped(text).replaceAll('"', '\\(dq')}"`;
