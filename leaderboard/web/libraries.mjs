// What the page uses of its libraries; the bundler leaves the rest out.
export {
  columnFilteringFeature,
  columnVisibilityFeature,
  constructTable,
  createFilteredRowModel,
  createSortedRowModel,
  rowSortingFeature,
  sortFn_basic,
  tableFeatures,
} from "@tanstack/table-core";
export { storeReactivityBindings } from "@tanstack/table-core/store-reactivity-bindings";
export {
  areaY,
  axisX,
  axisY,
  barX,
  cell,
  dot,
  gridX,
  gridY,
  line,
  link,
  plot,
  pointer,
  ruleX,
  ruleY,
  stackX,
  text,
  tickX,
  tip,
  arrow,
  pointerX,
} from "@observablehq/plot";
