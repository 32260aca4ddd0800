using System.Collections.Immutable;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>Names of classes that a step gives beside their numbers.</summary>
internal sealed class LabelTable(ImmutableArray<ImmutableArray<byte>> labels)
{
    /// <summary>
    /// Reads the labels of a step whose output of this index would hold them. Labels and that output come together, and
    /// where the number of classes is known it is theirs.
    /// </summary>
    internal static LabelTable? Of(StepDraft draft, int output, long classes)
    {
        bool wanted = draft.Spec.Outputs.Length > output;
        bool named = draft.Has("labels");
        ImmutableArray<ImmutableArray<byte>> labels = draft.Labels();
        if (wanted != named)
        {
            draft.Fault(wanted ? "its output of labels needs 'labels'." : "no output takes the labels.", "labels");
        }

        if (!draft.Holds || !named)
        {
            return null;
        }

        if (classes >= 0 && classes != labels.Length)
        {
            draft.Fault($"there are {labels.Length} labels for {classes} classes.", "labels");
        }

        return new LabelTable(labels);
    }

    /// <summary>Number of labels.</summary>
    internal int Count => labels.Length;

    /// <summary>Appends the label of every class; each is below <see cref="Count"/>.</summary>
    internal void Write(ReadOnlySpan<long> classes, Tensor to)
    {
        foreach (long one in classes)
        {
            to.AppendText(labels[(int)one].AsSpan());
        }
    }
}
