using Kedge.Core.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs;

/// <summary>
/// Decodes the bytes of one image file into a tensor that was begun as UINT8; it sets the shape,
/// <c>[height, width, channels]</c>. The native half of a graph: the border to whatever decodes.
/// </summary>
/// <returns>Null when the pixels are there, else why not; the tensor is then undefined.</returns>
public delegate Finding? ImageDecoder(ReadOnlySpan<byte> file, in ImageTerms terms, Tensor pixels);
