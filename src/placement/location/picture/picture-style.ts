/** Colours of services; dark text is legible on all of them, and they are told apart by most colour-blind people. */
const palette = ['#f0b23e', '#6cc0ee', '#45c79f', '#e3cb3c', '#8fa8ff', '#f08a5d', '#e29bc8', '#b9d66b', '#c3a6e8', '#7fd6d6'];

/** Services beyond the palette get hues that are far from their neighbours'. */
export const serviceColour = (position: number): string => palette[position] ?? `hsl(${Math.round((position * 137.508) % 360)} 65% 70%)`;

export const pictureStyle = `
  svg { background: #ffffff; }
  text { font: 12px system-ui, 'DejaVu Sans', sans-serif; fill: #1d2330; }
  .heading { font-size: 16px; font-weight: 600; }
  .good { fill: #116b3c; }
  .bad { fill: #b3141b; }
  .title { font-weight: 600; fill: #4a5468; }
  .back { fill: #ffffff; }
  .domain { fill: #eef1f6; stroke: #b4bdcc; }
  .node { fill: #ffffff; stroke: #8a94a6; }
  .down { fill: #d9dce2; stroke: #8a94a6; stroke-dasharray: 4 3; }
  .tile { stroke: #00000040; }
  .none { fill: #c9ced8; }
  .mirror { fill: none; stroke-width: 1.5; stroke-dasharray: 3 2; }
  .mirror.none { stroke: #8a94a6; fill: none; }
  .broken { fill: none; stroke: #d3202a; stroke-width: 2.5; }
  .moved { fill: #1d2330; }
  .label { font-size: 10px; fill: #1d2330; }
  .faint { font-size: 10px; fill: #4a5468; }
  @media (prefers-color-scheme: dark) {
    svg { background: #14171d; }
    text { fill: #e6e9ef; }
    .good { fill: #5fd394; }
    .bad { fill: #ff8a85; }
    .title { fill: #aab4c5; }
    .back { fill: #14171d; }
    .domain { fill: #1d222b; stroke: #3c4656; }
    .node { fill: #12151b; stroke: #566174; }
    .down { fill: #2a2f38; stroke: #566174; }
    .none { fill: #9aa3b2; }
    .broken { stroke: #ff5a54; }
    .faint { fill: #c6cedb; }
  }
`;
