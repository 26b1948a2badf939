/** Beside `FileImage`, for who works on images; the engine has it for LUNs that keep bytes. */
export { MemoryImage } from '../../engine/devices/memory-image.js';
