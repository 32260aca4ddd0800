using System.Collections.Immutable;

namespace Kedge.Onnx;

/// <summary>What is gathered from the outermost graph.</summary>
internal sealed class GraphFound
{
    public string Name { get; set; } = "";

    public ImmutableArray<OnnxValue>.Builder Inputs { get; } = ImmutableArray.CreateBuilder<OnnxValue>(0);

    public ImmutableArray<OnnxValue>.Builder Outputs { get; } = ImmutableArray.CreateBuilder<OnnxValue>(0);

    public ImmutableArray<OnnxInitializer>.Builder Initializers { get; } =
        ImmutableArray.CreateBuilder<OnnxInitializer>(0);
}
