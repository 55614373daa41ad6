/// Everything that a workspace calls. Pointers are byte offsets, sizes count
/// numbers; lib/numeric/wasm/kernels.ts describes each function, lib/numeric/matrix/
/// checks shapes before it calls one.
export * from "./elementwise";
export * from "./em";
export * from "./gaussian_bumps";
export * from "./products";
export * from "./reductions";
export * from "./stereo";
export * from "./wake_sleep";
