using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Kedge.Core.Errors;
using Kedge.Inference.Sessions;

namespace Kedge.Inference.Graphs;

/// <summary>What lies beside a graph: its models, and the labels that its steps name. Never compared.</summary>
public sealed record GraphParts
{
    /// <summary>What each model takes and gives, by its name in the graph.</summary>
    public required ImmutableDictionary<string, ModelSignature> Models { get; init; }

    /// <summary>Labels by file name: each in UTF-8, the first for class 0.</summary>
    public ImmutableDictionary<string, ImmutableArray<ImmutableArray<byte>>> Labels { get; init; } =
        ImmutableDictionary.Create<string, ImmutableArray<ImmutableArray<byte>>>(StringComparer.Ordinal);

    /// <summary>Reads a file of labels: UTF-8, one a line; the last line may lack its end.</summary>
    public static bool TryReadLabels(
        ReadOnlySpan<byte> file,
        out ImmutableArray<ImmutableArray<byte>> labels,
        [NotNullWhen(false)] out Finding? fault)
    {
        labels = [];
        fault = file.Length > GraphLimits.LabelsBytesMax
            ? GraphErrors.PartAbsent.At("The file of labels is larger than 4 MiB.")
            : !System.Text.Unicode.Utf8.IsValid(file)
                ? GraphErrors.PartAbsent.At("The file of labels is not UTF-8.")
                : null;
        if (fault is not null)
        {
            return false;
        }

        ImmutableArray<ImmutableArray<byte>>.Builder read = ImmutableArray.CreateBuilder<ImmutableArray<byte>>();
        while (!file.IsEmpty)
        {
            int end = file.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? file : file[..end];
            file = end < 0 ? default : file[(end + 1)..];
            read.Add([.. line.TrimEnd((byte)'\r')]);
        }

        if (read.Count is 0 or > GraphLimits.LabelsMax)
        {
            fault = GraphErrors.PartAbsent.At("The file of labels must hold 1..65536 lines.");
            return false;
        }

        labels = read.ToImmutable();
        return true;
    }
}
