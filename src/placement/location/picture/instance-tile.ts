import type { InstanceData } from '../../cluster/cluster-data.ts';
import { type Box, fitted, shortName, textWidth } from './box.ts';
import { escapeXml } from './escape-xml.ts';

export interface TileMarks {
  /** Undefined: in no service. */
  readonly colour: (instance: number) => string | undefined;
  /** Instances with a part in a broken rule. */
  readonly broken: ReadonlySet<number>;
  readonly moved: ReadonlySet<number>;
}

/** Draws instances: with their names, or as small squares where there are many. */
export interface Tiles {
  /** Tiles in one row of a node. */
  readonly columns: number;
  readonly width: number;
  readonly height: number;
  draw(instance: number, data: InstanceData, mirror: boolean, marks: TileMarks): Box;
  /** A tile and the name of its service. */
  sample(service: string, colour: string): Box;
  /** What outlines and marks mean. */
  key(moves: boolean): Box[];
}

const labelledAtMost = 150;

export function createTiles(instanceCount: number): Tiles {
  const labelled = instanceCount <= labelledAtMost;
  const width = labelled ? 74 : 12;
  const height = labelled ? 18 : 12;
  const tile = (
    colour: string | undefined,
    mirror: boolean,
    marks: { broken: boolean; moved: boolean },
    label: string,
    hover: string,
  ): Box => ({
    width,
    height,
    draw: (x, y) => {
      const paint = colour === undefined ? '' : ` style="${mirror ? 'stroke' : 'fill'}:${colour}"`;
      const kind = `${mirror ? 'mirror' : 'tile'}${colour === undefined ? ' none' : ''}`;
      const at = `x="${x + 1}" y="${y + 1}" width="${width - 2}" height="${height - 2}" rx="3"`;
      const text =
        labelled && label !== '' ? `<text class="${mirror ? 'faint' : 'label'}" x="${x + 6}" y="${y + 13}">${escapeXml(label)}</text>` : '';
      const moved = marks.moved ? `<path class="moved" d="M${x + width - 9} ${y + 2}h7v7z"/>` : '';
      const broken = marks.broken ? `<rect class="broken" ${at}/>` : '';
      return `<g><title>${escapeXml(hover)}</title><rect class="${kind}"${paint} ${at}/>${text}${moved}${broken}</g>\n`;
    },
  });
  const beside = (sign: Box, text: string): Box => ({
    width: sign.width + 6 + textWidth(text),
    height: Math.max(sign.height, 16),
    draw: (x, y) => `${sign.draw(x, y)}<text x="${x + sign.width + 6}" y="${y + 12}">${escapeXml(text)}</text>\n`,
  });
  const plain = { broken: false, moved: false };
  return {
    columns: labelled ? 1 : 6,
    width,
    height,
    draw: (i, { name }, mirror, { colour, broken, moved }) => {
      const marks = { broken: broken.has(i) && !mirror, moved: moved.has(i) && !mirror };
      return tile(colour(i), mirror, marks, fitted(shortName(name), width - 14, 5.8), `${name}${mirror ? ' (secondary)' : ''}`);
    },
    sample: (service, colour) => beside(tile(colour, false, plain, '', service), service),
    key: (moves) => [
      beside(tile(undefined, false, plain, '', ''), 'in no service'),
      beside(tile(undefined, true, plain, '', ''), 'secondary'),
      beside(tile(undefined, false, { broken: true, moved: false }, '', ''), 'breaks a hard rule'),
      ...(moves ? [beside(tile(undefined, false, { broken: false, moved: true }, '', ''), 'moved')] : []),
    ],
  };
}
