using System.Collections.Immutable;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Packages;

/// <summary>
/// Holds what the variants of one model take and give against each other: whichever a device runs, a client must not
/// notice. Names and datatypes must be the same; shapes must have room for each other, an open extent for any. The
/// package then promises what all variants can keep: of an input the narrower extent, of an output the wider one.
/// Variants of weights alone declare nothing and are not asked.
/// </summary>
public static class VariantAgreement
{
    /// <summary>What the package takes and gives.</summary>
    /// <param name="variants">The variants, the one that the others are held against first.</param>
    /// <param name="findings">Takes what does not agree.</param>
    public static (ImmutableArray<TensorDeclaration> Inputs, ImmutableArray<TensorDeclaration> Outputs) Of(
        IEnumerable<VariantOutcome.Ready> variants, ImmutableArray<Finding>.Builder findings)
    {
        VariantOutcome.Ready[] declaring = [.. variants.Where(static v => !v.Gate.Outputs.IsEmpty)];
        if (declaring.Length == 0)
        {
            return ([], []);
        }

        VariantOutcome.Ready first = declaring[0];
        (ImmutableArray<TensorDeclaration> inputs, ImmutableArray<TensorDeclaration> outputs) =
            (first.Gate.Inputs, first.Gate.Outputs);
        foreach (VariantOutcome.Ready other in declaring.Skip(1))
        {
            string pair = $"{first.Variant.Name} and {other.Variant.Name}";
            inputs = Merge(inputs, other.Gate.Inputs, ("input", pair), Math.Max, findings);
            outputs = Merge(outputs, other.Gate.Outputs, ("output", pair), Math.Min, findings);
        }

        return (inputs, outputs);
    }

    private static ImmutableArray<TensorDeclaration> Merge(
        ImmutableArray<TensorDeclaration> ours,
        ImmutableArray<TensorDeclaration> theirs,
        (string Kind, string Pair) what,
        Func<long, long, long> extentOf,
        ImmutableArray<Finding>.Builder findings)
    {
        foreach (TensorDeclaration extra in theirs.Where(t => ours.All(o => o.Name != t.Name)))
        {
            findings.Add(Finding(what, extra.Name, "only the second has it"));
        }

        ImmutableArray<TensorDeclaration>.Builder merged = ImmutableArray.CreateBuilder<TensorDeclaration>();
        foreach (TensorDeclaration tensor in ours)
        {
            TensorDeclaration? its = theirs.FirstOrDefault(t => t.Name == tensor.Name);
            ImmutableArray<long>? shape = its is null ? null : Shape(tensor.Shape, its.Shape, extentOf);
            string? why = its is null ? "only the first has it"
                : its.Datatype != tensor.Datatype ? $"it is {tensor.Datatype} and {its.Datatype}"
                : shape is null ? $"its shape is {Text(tensor)} and {Text(its)}"
                : null;
            if (why is not null)
            {
                findings.Add(Finding(what, tensor.Name, why));
            }

            merged.Add(tensor with { Shape = shape ?? tensor.Shape });
        }

        return merged.DrainToImmutable();
    }

    /// <summary>Null where the shapes have no room for each other. One open axis also stands for an open number of
    /// them.</summary>
    private static ImmutableArray<long>? Shape(
        ImmutableArray<long> ours, ImmutableArray<long> theirs, Func<long, long, long> extentOf)
    {
        if (ours is [-1] || theirs is [-1])
        {
            // The wider one of two that differ in their number of axes is the one that leaves it open.
            bool isWider = extentOf(-1, 0) == -1;
            return ours.Length == theirs.Length ? [extentOf(ours[0], theirs[0])]
                : (ours is [-1]) == isWider ? ours
                : theirs;
        }

        if (ours.Length != theirs.Length)
        {
            return null;
        }

        bool fits = ours.Zip(theirs).All(static pair => pair.First == pair.Second || pair.First == -1
            || pair.Second == -1);
        return fits ? [.. ours.Zip(theirs, extentOf)] : null;
    }

    private static string Text(TensorDeclaration tensor) => $"[{string.Join(", ", tensor.Shape)}]";

    private static Finding Finding((string Kind, string Pair) what, string name, string why) =>
        ModelErrors.VariantsDisagree.At($"{what.Pair} disagree on the {what.Kind} '{name}': {why}.", "variants");
}
