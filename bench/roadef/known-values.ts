/** Best values known for the instances of set A, from the challenge. */
export const knownValues: ReadonlyMap<string, number> = new Map([
  ['a1_1', 44_306_501],
  ['a1_2', 777_531_842],
  ['a1_3', 583_005_717],
  ['a1_4', 248_524_578],
  ['a1_5', 727_578_309],
  ['a2_1', 196],
  ['a2_2', 746_097_632],
  ['a2_3', 1_210_644_572],
  ['a2_4', 1_680_615_349],
  ['a2_5', 318_358_949],
]);
