/// Everything that a workspace calls. Pointers are byte offsets, sizes count
/// numbers; lib/kernels/kernels.ts describes each function, lib/matrix.ts
/// checks shapes before it calls one.
export * from "./elementwise";
export * from "./em";
export * from "./groups";
export * from "./products";
export * from "./reductions";
export * from "./stereo";
export * from "./wake_sleep";
