using System.Collections.Immutable;

namespace Kedge.Inference.Onnx;

/// <summary>An execution provider in a library of its own: a plug-in of ONNX Runtime.</summary>
/// <param name="Name">What it is called here; its devices are found again by it. Not empty.</param>
/// <param name="LibraryPath">Absolute path of its library.</param>
public sealed record OnnxProvider(string Name, string LibraryPath)
{
    /// <summary>Options that it understands.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Options { get; init; } = [];
}

/// <summary>A device that a provider can compute on.</summary>
/// <param name="Provider">The provider's own name: <c>CPUExecutionProvider</c>.</param>
/// <param name="Hardware">Kind of device: <c>cpu</c>, <c>gpu</c>, <c>npu</c>.</param>
/// <param name="Vendor">Its maker; may be empty.</param>
public sealed record OnnxDevice(string Provider, string Hardware, string Vendor);
