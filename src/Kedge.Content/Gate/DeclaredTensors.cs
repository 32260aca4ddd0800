using System.Collections.Immutable;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Gate;

/// <summary>An input or output as a file of any format declares it.</summary>
/// <param name="Name">Its name; may be empty or unusable.</param>
/// <param name="Datatype">Its datatype in the Open Inference Protocol; null where the protocol has none.</param>
/// <param name="Shape">Its extents, -1 for an open one.</param>
/// <param name="Kind">What it is in the format's own words, for messages.</param>
internal sealed record DeclaredTensor(string Name, string? Datatype, ImmutableArray<long> Shape, string Kind);

/// <summary>Inputs and outputs that the protocol can carry.</summary>
internal static class DeclaredTensors
{
    /// <summary>The declarations of those that can be served; a finding for each that cannot.</summary>
    public static ImmutableArray<TensorDeclaration> Of(
        ImmutableArray<DeclaredTensor> tensors, string field, ImmutableArray<Finding>.Builder findings)
    {
        if (tensors.Length > ModelLimits.TensorsMax)
        {
            findings.Add(ContentErrors.ValueNotServed.At(
                $"There are {tensors.Length} {field}; at most {ModelLimits.TensorsMax} can be served.", field));
            return [];
        }

        ImmutableArray<TensorDeclaration>.Builder declarations = ImmutableArray.CreateBuilder<TensorDeclaration>();
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (DeclaredTensor tensor in tensors)
        {
            if (tensor.Datatype is not { } datatype)
            {
                findings.Add(ContentErrors.ValueNotServed.At($"'{tensor.Name}' is {tensor.Kind}.", field));
            }
            else if (!IsServable(tensor) || !names.Add(tensor.Name))
            {
                findings.Add(ContentErrors.ValueNotServed.At(
                    $"'{tensor.Name}' has an unusable or repeated name, or more than {ModelLimits.RankMax} axes.",
                    field));
            }
            else
            {
                declarations.Add(
                    new TensorDeclaration { Name = tensor.Name, Datatype = datatype, Shape = tensor.Shape });
            }
        }

        return declarations.DrainToImmutable();
    }

    private static bool IsServable(DeclaredTensor tensor) =>
        tensor.Name.Length is > 0 and <= ModelLimits.TensorNameCharsMax
        && !tensor.Name.Any(char.IsControl)
        && tensor.Shape.Length <= ModelLimits.RankMax;
}
