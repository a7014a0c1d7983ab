import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** A name as files have it, in the form of a constant: `group-rename` is `groupRename`. */
const constantOf = (file: string): string => file.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

interface Listed {
  readonly name: string;
  /** Relative to the folder. */
  readonly file: string;
}

/** Files of a folder and the folders in it that export a constant called like the file, made by `maker`. */
function filesOf(folder: string, maker: string): readonly Listed[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .sort()
    .flatMap((file) => {
      const name = constantOf(file.slice(file.lastIndexOf('/') + 1, -'.ts'.length));
      const text = readFileSync(join(root, folder, file), 'utf8');
      return new RegExp(`^export const ${name} = ${maker}\\b`, 'm').test(text) ? [{ name, file }] : [];
    });
}

const note = '// Made by "node tools/generate-docs.ts" from the files of this folder.';
const imports = (files: readonly Listed[]) => files.map(({ name, file }) => `import { ${name} } from './${file}';`).join('\n');

function opcodes(): string {
  const files = filesOf('src/model/opcodes', 'defineOpcode');
  return `${note}

${imports(files)}

/** Every opcode, by its name in the code. */
export const opcodes = {
${files.map(({ name }) => `  ${name},`).join('\n')}
};
`;
}

const extrasType = "import type { OpcodeExtras } from './define-extras.ts';";
/** Where the formatter wants it. */
const withType = (lines: string) => {
  const pathOf = (line: string) => line.slice(line.indexOf("'"));
  return [...lines.split('\n'), extrasType].sort((a, b) => (pathOf(a) < pathOf(b) ? -1 : 1)).join('\n');
};

/** By id, so that the model need not be loaded for it. */
function opcodeExtras(): string {
  const files = filesOf('src/cli/opcodes', 'defineExtras');
  const idOf = ({ file }: Listed) => `OP_${file.slice(0, -'.ts'.length).replaceAll('-', '_').toUpperCase()}`;
  return `${note}

${withType(imports(files))}

/** What the command line knows of an opcode beside what the catalogue says, by its id. */
export const opcodeExtras: Readonly<Record<string, OpcodeExtras>> = {
${files.map((each) => `  ${idOf(each)}: ${each.name},`).join('\n')}
};
`;
}

/** Lists of files in a folder, so that a new file is found without a list that somebody keeps. Nothing of \`src\` is loaded for them. */
export const generatedLists: Readonly<Record<string, () => string>> = {
  'src/model/opcodes/opcodes.ts': opcodes,
  'src/cli/opcodes/opcode-extras.ts': opcodeExtras,
};
