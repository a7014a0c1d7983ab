export { chooseNode, type PlacementChoice, type PlacementNode, type PlacementRequest } from './choose-node.ts';
