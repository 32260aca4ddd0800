using System.Collections.Immutable;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Core.Manifests;

/// <summary>Turns a package file into what is asked for, or says all that is wrong with it, by line.</summary>
public static class PackageSpecReader
{
    private const double AbsoluteDefault = 1e-5;
    private const double RelativeDefault = 1e-3;
    private const int AllPpm = 1_000_000;

    /// <summary>Reads one document.</summary>
    public static PackageSpecOutcome Read(ImmutableArray<ManifestNode> documents)
    {
        FindingList findings = new();
        if (documents is not [ManifestNode.Mapping document])
        {
            findings.Add(SpecErrors.Empty, "the file must hold one object of kind Package", "", 0);
            return new PackageSpecOutcome.Invalid(findings.ToSorted());
        }

        new ManifestCheck(findings).Check(document, PackageFields.Kind.Root, "");
        ManifestFields fields = new(document);
        foreach (ManifestFields entry in fields.Items("spec", "provenance").Where(
            static entry => entry.Text().IndexOf('=', StringComparison.Ordinal) < 1))
        {
            findings.Add(
                SpecErrors.WrongType,
                $"spec.provenance takes KEY=VALUE, not '{ScalarWords.Shown(entry.Text())}'",
                "spec.provenance",
                entry.Line);
        }

        return findings.Count > 0
            ? new PackageSpecOutcome.Invalid(findings.ToSorted())
            : new PackageSpecOutcome.Valid(Bind(fields));
    }

    private static PackageSpec Bind(ManifestFields fields) => new()
    {
        Name = fields.Text("metadata", "name"),
        Variants = [.. fields.Items("spec", "variants").Select(Variant)],
        Graph = fields.Text("spec", "graph"),
        Labels = fields.Text("spec", "labels"),
        Golden = fields.Text("spec", "golden"),
        Reference = fields.Text("spec", "reference"),
        Provenance = Texts(fields, "spec", "provenance"),
    };

    private static VariantSpec Variant(ManifestFields fields) => new()
    {
        Name = fields.Text("name"),
        File = fields.Text("file"),
        Files = Texts(fields, "files"),
        Accelerator = fields.Text("accelerator") switch
        {
            "gpu" => AcceleratorKind.Gpu,
            "npu" => AcceleratorKind.Npu,
            "tpu" => AcceleratorKind.Tpu,
            _ => AcceleratorKind.Cpu,
        },
        Architectures = Texts(fields, "architectures"),
        IsaFeatures = Texts(fields, "isaFeatures"),
        Tolerance = fields.At("tolerance").IsThere ? Tolerance(fields.At("tolerance")) : null,
        Costs = [.. fields.Items("costs").Select(Cost)],
    };

    private static GoldenTolerance Tolerance(ManifestFields fields) => new()
    {
        Absolute = Quantity.TryParseDecimal(fields.Text("absolute"), out double absolute) ? absolute : AbsoluteDefault,
        Relative = Quantity.TryParseDecimal(fields.Text("relative"), out double relative) ? relative : RelativeDefault,
        MinimumAgreement =
            (Quantity.TryParseShare(fields.Text("agreement"), out int ppm) ? ppm : AllPpm) / (double)AllPpm,
    };

    private static VariantCost Cost(ManifestFields fields) => new()
    {
        Hardware = fields.Text("hardware"),
        LatencyUs = Quantity.TryParseMicroseconds(fields.Text("latency"), out long microseconds) ? microseconds : 0,
        MemoryBytes = fields.Bytes("memory"),
    };

    private static ImmutableArray<string> Texts(ManifestFields fields, params ReadOnlySpan<string> path) =>
        [.. fields.Items(path).Select(static item => item.Text())];
}

/// <summary>What came of reading a package file.</summary>
[Closed]
public abstract record PackageSpecOutcome
{
    private PackageSpecOutcome()
    {
    }

    /// <summary>Everything is as it should be.</summary>
    /// <param name="Spec">What is asked for.</param>
    public sealed record Valid(PackageSpec Spec) : PackageSpecOutcome;

    /// <summary>Something is wrong. Never compared as a record.</summary>
    /// <param name="Findings">All that is wrong, by line, at least one.</param>
    public sealed record Invalid(ImmutableArray<Finding> Findings) : PackageSpecOutcome;
}
