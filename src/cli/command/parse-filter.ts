import { GantryError, type Json } from '../../base/index.ts';
import { globPattern } from './glob.ts';

interface Token {
  readonly kind: 'word' | 'text' | 'pattern' | 'number' | 'sign' | 'end';
  readonly text: string;
  /** Where it begins in the filter. */
  readonly at: number;
}

const closers: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/**
 * A filter in the words of Ganeti's lists becomes the filter of a query: `status == "running" and (be/vcpus > 2 or "prod" in tags)`.
 * Comparisons are = == != < <= > >=, `=~ m/pattern/i` and `!~` for regular expressions, `=* "web*"` and `!*` for globs,
 * `"x" in field`, `"x" not in field`; a field alone is a yes-or-no question. They are joined by `and`, `or`, `not`, parentheses.
 * @throws CLI_FILTER_INVALID
 */
export function parseFilter(text: string): Json {
  const tokens = tokenize(text);
  let next = 0;
  const peek = (): Token => tokens[next] as Token;
  const take = (): Token => tokens[next++] as Token;
  const isWord = (word: string) => peek().kind === 'word' && peek().text.toLowerCase() === word;
  const isSign = (...signs: string[]) => peek().kind === 'sign' && signs.includes(peek().text);
  const wanted = (what: string): GantryError => {
    const { kind, text: found, at } = peek();
    return invalid(text, kind === 'end' ? `it ends where ${what} is needed` : `${what} is needed at character ${at + 1}, not "${found}"`);
  };

  function joined(operator: '|' | '&', word: string, part: () => Json): Json {
    const parts = [part()];
    while (isWord(word)) {
      take();
      parts.push(part());
    }
    return parts.length === 1 ? (parts[0] as Json) : [operator, ...parts];
  }
  const either = (): Json => joined('|', 'or', all);
  const all = (): Json => joined('&', 'and', unary);

  function unary(): Json {
    if (isWord('not') || isSign('!')) {
      take();
      return ['!', unary()];
    }
    if (!isSign('(')) return condition();
    take();
    const inner = either();
    if (!isSign(')')) throw wanted('")"');
    take();
    return inner;
  }

  function condition(): Json {
    if (peek().kind === 'text' || peek().kind === 'number') return membership(value());
    const field = fieldName();
    if (peek().kind !== 'sign' || isSign('(', ')', '!')) return ['?', field];
    const { text: sign } = take();
    if (sign === '=~' || sign === '!~') return negatedIf(sign === '!~', ['=~', field, pattern()]);
    if (sign === '=*' || sign === '!*') return negatedIf(sign === '!*', ['=~', field, globPattern(String(value()))]);
    return [sign === '==' ? '=' : sign, field, value()];
  }

  function membership(item: Json): Json {
    const negated = isWord('not');
    if (negated) take();
    if (!isWord('in')) throw wanted('"in"');
    take();
    return negatedIf(negated, ['=[]', fieldName(), item]);
  }

  function fieldName(): string {
    if (peek().kind !== 'word' || ['and', 'or', 'in', 'not'].includes(peek().text)) throw wanted('the name of a field');
    return take().text;
  }

  function value(): Json {
    const { kind, text: found } = peek();
    if (kind !== 'text' && kind !== 'number') throw wanted('a text in quotes or a whole number');
    take();
    return kind === 'number' ? Number(found) : found;
  }

  function pattern(): string {
    if (peek().kind !== 'pattern' && peek().kind !== 'text') throw wanted('a pattern such as m/^web/');
    return take().text;
  }

  const filter = either();
  if (peek().kind !== 'end') throw wanted('"and", "or" or the end');
  return filter;
}

const negatedIf = (negated: boolean, filter: Json): Json => (negated ? ['!', filter] : filter);

const spelling = /\s*(?:(=[=~*]?|![=~*]?|<=?|>=?|[()])|(-?\d+)(?![\w./-])|([A-Za-z_][\w./-]*))/y;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; text.slice(at).trim() !== ''; ) {
    const begin = at + text.slice(at).search(/\S/);
    const quoted = readQuoted(text, begin);
    if (quoted) {
      tokens.push({ ...quoted.token, at: begin });
      at = quoted.end;
      continue;
    }
    spelling.lastIndex = at;
    const match = spelling.exec(text);
    if (!match) throw invalid(text, `character ${begin + 1} ("${text[begin]}") is not expected here`);
    const [, sign, number, word] = match;
    const kind = sign === undefined ? (number === undefined ? 'word' : 'number') : 'sign';
    tokens.push({ kind, text: sign ?? number ?? word ?? '', at: begin });
    at = spelling.lastIndex;
  }
  return [...tokens, { kind: 'end', text: '', at: text.length }];
}

/** A text in quotes, or a pattern `m/…/flags` between any signs. */
function readQuoted(text: string, begin: number): { token: Pick<Token, 'kind' | 'text'>; end: number } | undefined {
  const isPattern = text[begin] === 'm' && /[^\w\s.=!<>)]/.test(text[begin + 1] ?? '');
  const open = text[begin + (isPattern ? 1 : 0)] ?? '';
  if (!isPattern && open !== '"' && open !== "'") return undefined;
  const close = closers[open] ?? open;
  let content = '';
  let at = begin + (isPattern ? 2 : 1);
  for (; at < text.length && text[at] !== close; at++) {
    // In a pattern a backslash stays, unless it hides the sign that would end it.
    const escapes = text[at] === '\\' && at + 1 < text.length && (!isPattern || text[at + 1] === close);
    if (escapes) at++;
    content += text[at];
  }
  if (at >= text.length) throw invalid(text, `the text that begins at character ${begin + 1} has no end`);
  if (!isPattern) return { token: { kind: 'text', text: content }, end: at + 1 };
  const flags = /^[a-z]*/i.exec(text.slice(at + 1))?.[0] ?? '';
  if (!/^[is]*$/.test(flags)) throw invalid(text, `a pattern has the flags i and s, not "${flags}"`);
  return { token: { kind: 'pattern', text: flags ? `(?${flags})${content}` : content }, end: at + 1 + flags.length };
}

const invalid = (filter: string, problem: string): GantryError => new GantryError('CLI_FILTER_INVALID', { filter, problem });
