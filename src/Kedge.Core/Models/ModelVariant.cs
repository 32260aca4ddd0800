using System.Collections.Immutable;

namespace Kedge.Core.Models;

/// <summary>One form of a model, made for some kind of hardware. Placement chooses among the variants of a package
/// for each device. Never compared as a record.</summary>
public sealed record ModelVariant
{
    /// <summary>Name within the package, a DNS label: <c>onnx-fp32</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What kind of file <see cref="EntryFile"/> is.</summary>
    public required ModelFormat Format { get; init; }

    /// <summary>
    /// Number format of the weights, a DNS label for people and for preference: <c>fp32</c>, <c>int8</c>.
    /// </summary>
    public required string Precision { get; init; }

    /// <summary>The hardware that computes it.</summary>
    public required AcceleratorKind Accelerator { get; init; }

    /// <summary>Processor architectures it runs on, as <c>x64</c>, <c>arm64</c>; empty for any.</summary>
    public ImmutableArray<string> Architectures { get; init; } = [];

    /// <summary>Instruction set features it cannot do without, as <c>avx2</c>; empty for none.</summary>
    public ImmutableArray<string> IsaFeatures { get; init; } = [];

    /// <summary>Estimated working set when loaded, in bytes; 0 when nobody has estimated it.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>The files of this variant, 1..<see cref="ModelLimits.FilesPerVariantMax"/>.</summary>
    public required ImmutableArray<PackageFile> Files { get; init; }

    /// <summary>Path of the file that is given to the runtime; one of <see cref="Files"/>.</summary>
    public required string EntryFile { get; init; }
}
