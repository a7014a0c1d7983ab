import type { RuleBook } from './rule-book.ts';

/** Added to the score for each unit by which a hard rule is broken: no gain elsewhere is worth it. */
export const hardRuleWeight = 1000;

/** What the rules that are broken add to the score. */
export const ruleCost = (rules: RuleBook | undefined): number => (rules ? rules.hard * hardRuleWeight + rules.soft : 0);
