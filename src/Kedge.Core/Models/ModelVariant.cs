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

    /// <summary>What it was measured to cost, one entry for a class of hardware, at most
    /// <see cref="ModelLimits.CostsMax"/>; empty when nobody measured.</summary>
    public ImmutableArray<VariantCost> Costs { get; init; } = [];

    /// <summary>How far its answers may be from the golden samples; null for what the samples say
    /// themselves.</summary>
    public GoldenTolerance? Tolerance { get; init; }

    /// <summary>What it costs on a class of hardware; null when nobody measured it there.</summary>
    public VariantCost? CostOn(string hardware) => Costs.FirstOrDefault(cost => cost.Hardware == hardware);

    /// <summary>
    /// The memory to keep for it on a class of hardware, in bytes: the larger of estimate and measurement, since a
    /// measurement saw few requests; 0 when there is neither.
    /// </summary>
    public long MemoryOn(string hardware) => Math.Max(MemoryBytes, CostOn(hardware)?.MemoryBytes ?? 0);
}
