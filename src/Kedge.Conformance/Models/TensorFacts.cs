using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Conformance.Rules;

namespace Kedge.Conformance.Models;

/// <summary>What a model's metadata says of a tensor. Never compared.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its datatype.</param>
/// <param name="Shape">Its extents; -1 for one that the request decides.</param>
internal sealed record TensorFacts(string Name, string Type, ImmutableArray<long> Shape)
{
    internal static TensorFacts Read(JsonElement json)
    {
        TensorFacts found = new(
            Expect.Text(json, "name"), Expect.Text(json, "datatype"), Expect.Numbers(json, "shape"));
        Expect.That(DataTypes.Size(found.Type) >= 0, $"'{found.Type}' is no datatype of the protocol.");
        Expect.That(
            found.Shape.All(static extent => extent >= -1), $"'{found.Name}' has an extent below -1.");
        return found;
    }

    /// <summary>True when a tensor of this shape is one that was promised.</summary>
    internal bool Takes(ImmutableArray<long> shape) => shape.Length == Shape.Length
        && shape.Zip(Shape).All(static pair => pair.Second < 0 || pair.First == pair.Second);

    /// <summary>A tensor that fits, with these elements in turn; variable extents are 1 but for the first.</summary>
    /// <param name="first">The first variable extent.</param>
    /// <param name="element">The element at a place.</param>
    internal TensorValue Fill(long first, Func<int, byte[]> element)
    {
        ImmutableArray<long>.Builder shape = ImmutableArray.CreateBuilder<long>(Shape.Length);
        long count = 1;
        foreach (long extent in Shape)
        {
            shape.Add(extent >= 0 ? extent : first);
            first = extent >= 0 ? first : 1;
            count *= shape[^1];
        }

        if (count > ConformanceLimits.ElementsMax)
        {
            throw new NotOfferedException($"'{Name}' needs {count} elements, more than the checks send.");
        }

        return new TensorValue(
            Name, Type, shape.MoveToImmutable(), [.. Enumerable.Range(0, (int)count).Select(element)]);
    }

    /// <summary>A tensor of small values that fits.</summary>
    internal TensorValue Small(long first = 1) => Fill(first, index => DataTypes.Small(Type, index));
}
