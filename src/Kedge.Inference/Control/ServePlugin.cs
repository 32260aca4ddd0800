using System.Collections.Immutable;

namespace Kedge.Inference.Control;

/// <summary>What computes models instead of the processor, in a library of its own.</summary>
/// <param name="Format">For models of which format: <c>onnx</c>, an execution provider; <c>tflite</c>, a
/// delegate.</param>
/// <param name="Name">What it is called, 1..63 of <c>A-Z a-z 0-9 . _ -</c>.</param>
/// <param name="Path">Absolute path of the library, as the model server sees it.</param>
public sealed record ServePlugin(string Format, string Name, string Path)
{
    /// <summary>Options that it understands; at most <see cref="OptionsMax"/>.</summary>
    public ImmutableArray<ServePluginOption> Options { get; set; } = [];

    /// <summary>How many options it may be given.</summary>
    public const int OptionsMax = 64;
}
