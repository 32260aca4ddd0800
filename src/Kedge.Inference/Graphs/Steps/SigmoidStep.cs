using System.Numerics;
using System.Runtime.InteropServices;
using Kedge.Core.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>sigmoid: <c>1 / (1 + e^-x)</c> of every element, FP32.</summary>
internal sealed class SigmoidStep : GraphStep
{
    internal static GraphStep? Make(StepDraft draft)
    {
        if (!draft.TryCounts(1, 1, 1))
        {
            return null;
        }

        draft.NeedType(0, TensorType.Float32);
        draft.Declare(TensorType.Float32, draft.Inputs[0].Shape, draft.Inputs[0].HasShape);
        return new SigmoidStep { Name = draft.Spec.Name, Inputs = draft.Slots, Outputs = draft.Outputs };
    }

    internal override Finding? Run(GraphRun run)
    {
        Tensor from = In(run, 0);
        if (!TryStart(run, 0, from.Shape, out Tensor to))
        {
            return TooLarge(from.Shape);
        }

        ReadOnlySpan<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(from.Values<float>());
        Span<Vector<float>> made = MemoryMarshal.Cast<float, Vector<float>>(to.Values<float>());
        for (int i = 0; i < wide.Length; i++)
        {
            made[i] = Vector<float>.One / (Vector<float>.One + Vector.Exp(-wide[i]));
        }

        for (int i = wide.Length * Vector<float>.Count; i < from.ElementCount; i++)
        {
            to.Values<float>()[i] = 1 / (1 + MathF.Exp(-from.Values<float>()[i]));
        }

        return null;
    }
}
