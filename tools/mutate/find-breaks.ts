import ts from 'typescript';
import type { BreakKind, CodeBreak } from './code-break.ts';

interface Change {
  readonly kind: BreakKind;
  readonly node: ts.Node;
  readonly after: string;
}

const opposite = new Map([
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [ts.SyntaxKind.LessThanToken, '>='],
  [ts.SyntaxKind.LessThanEqualsToken, '>'],
  [ts.SyntaxKind.GreaterThanToken, '<='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '<'],
]);

const edge = new Map([
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
]);

/** Every break that the rules below find in one file, in the order of the text. */
export function findBreaks(file: string, text: string): CodeBreak[] {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const seen = new Map<string, number>();
  const breaks: CodeBreak[] = [];
  const visit = (node: ts.Node): void => {
    // Types and texts have no behaviour; a doc page that is generated is checked by its own test.
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isImportDeclaration(node)) return;
    for (const { kind, node: changed, after } of changesAt(node)) {
      const start = changed.getStart(tree);
      const around = `${file}|${kind}|${statementText(changed)}|${after}`;
      const likes = seen.get(around) ?? 0;
      seen.set(around, likes + 1);
      const line = tree.getLineAndCharacterOfPosition(start).line + 1;
      const before = text.slice(start, changed.end);
      breaks.push({ file, kind, line, start, end: changed.end, before, after, identity: `${around}|${likes}` });
    }
    node.forEachChild(visit);
  };
  visit(tree);
  return breaks;
}

const nothingUndone = 'undo: async () => undefined';

function changesAt(node: ts.Node): Change[] {
  if (ts.isBinaryExpression(node)) return binaryChanges(node);
  if (ts.isIfStatement(node)) return [{ kind: 'condition', node: node.expression, after: 'false' }];
  if (ts.isConditionalExpression(node)) return [{ kind: 'condition', node, after: `(${node.whenFalse.getText()})` }];
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) return swappedArguments(node);
  if (ts.isAwaitExpression(node)) return [{ kind: 'await', node, after: `(${node.expression.getText()})` }];
  if (ts.isPropertyAssignment(node) && node.name.getText() === 'undo' && node.getText() !== nothingUndone)
    return [{ kind: 'undo', node, after: nothingUndone }];
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    return [{ kind: 'negation', node, after: `!!(${node.operand.getText()})` }];
  if (ts.isExpressionStatement(node)) return droppedCall(node);
  return [];
}

function binaryChanges(node: ts.BinaryExpression): Change[] {
  const { left, right, operatorToken } = node;
  const operands = (operator: string) => `${left.getText()} ${operator} ${right.getText()}`;
  const flipped = [opposite.get(operatorToken.kind), edge.get(operatorToken.kind)].filter((operator) => operator !== undefined);
  const changes: Change[] = flipped.map((operator) => ({ kind: 'comparison', node, after: operands(operator) }));
  const logical = operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken || operatorToken.kind === ts.SyntaxKind.BarBarToken;
  if (logical) for (const kept of [left, right]) changes.push({ kind: 'condition', node, after: `(${kept.getText()})` });
  if (operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) changes.push({ kind: 'condition', node, after: `(${right.getText()})` });
  return changes;
}

/** To these it is the same which comes first. */
const symmetric = /^(Math\.(min|max)|Object\.is)$/;

/** The first two arguments that could be taken for one another. */
function swappedArguments(node: ts.CallExpression | ts.NewExpression): Change[] {
  const [first, second] = node.arguments ?? [];
  if (symmetric.test(node.expression.getText())) return [];
  if (!first || !second || !isValue(first) || !isValue(second) || first.getText() === second.getText()) return [];
  const text = node.getText();
  const at = (inner: ts.Node) => inner.getStart() - node.getStart();
  const between = text.slice(at(first) + first.getText().length, at(second));
  const after = text.slice(0, at(first)) + second.getText() + between + first.getText() + text.slice(at(second) + second.getText().length);
  return [{ kind: 'argument', node, after }];
}

const isValue = (node: ts.Node): boolean => ts.isIdentifier(node) || ts.isPropertyAccessExpression(node) || ts.isNumericLiteral(node);

/** A statement that only calls something: it is there for what it does. */
function droppedCall(node: ts.ExpressionStatement): Change[] {
  const { expression } = node;
  const inner = ts.isAwaitExpression(expression) ? expression.expression : expression;
  return ts.isCallExpression(inner) && inner.expression.kind !== ts.SyntaxKind.SuperKeyword ? [{ kind: 'call', node, after: ';' }] : [];
}

function statementText(node: ts.Node): string {
  let around = node;
  while (around.parent && !ts.isStatement(around) && !ts.isSourceFile(around.parent)) around = around.parent;
  return around.getText().replace(/\s+/g, ' ').slice(0, 200);
}
