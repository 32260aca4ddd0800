using Kedge.Core.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>
/// scaleBoxes: boxes by their corners, FP32 [M, 4], from the image that a model saw back to the one that was sent, by
/// the <see cref="Frame"/> of the step that changed its size; cut off at its edges.
/// </summary>
internal sealed class ScaleBoxesStep : GraphStep
{
    internal static GraphStep? Make(StepDraft draft)
    {
        if (!draft.TryCounts(2, 1, 1))
        {
            return null;
        }

        draft.NeedType(0, TensorType.Float32);
        draft.NeedRank(0, 2, 3);
        draft.NeedType(1, TensorType.Float32);
        draft.NeedRank(1, 1, 1);
        if (!draft.Holds)
        {
            return null;
        }

        if (draft.Inputs[0].Shape[^1] is not (-1 or Box.Length) || draft.Inputs[1].Shape[0] is not (-1 or Frame.Length))
        {
            draft.Fault("it reads boxes [M,4] and the frame [6] of resize or letterbox.", "inputs");
        }

        draft.Make(TensorType.Float32, draft.Inputs[0].Shape.AsSpan());
        return new ScaleBoxesStep { Name = draft.Spec.Name, Inputs = draft.Slots, Outputs = draft.Outputs };
    }

    internal override Finding? Run(GraphRun run)
    {
        Tensor from = In(run, 0);
        Tensor frame = In(run, 1);
        if (Rows.Length(from) != Box.Length || frame.ElementCount != Frame.Length)
        {
            return Fail("it reads boxes [M,4] and the frame [6] of resize or letterbox.");
        }

        if (!TryStart(run, 0, from.Shape, out Tensor to))
        {
            return TooLarge(from.Shape);
        }

        Frame by = Frame.Read(frame.Values<float>());
        ReadOnlySpan<float> values = from.Values<float>();
        Span<float> made = to.Values<float>();
        for (int i = 0; i + Box.Length <= values.Length; i += Box.Length)
        {
            made[i] = Back(values[i], by.Left, by.ScaleX, by.Width);
            made[i + 1] = Back(values[i + 1], by.Top, by.ScaleY, by.Height);
            made[i + 2] = Back(values[i + 2], by.Left, by.ScaleX, by.Width);
            made[i + 3] = Back(values[i + 3], by.Top, by.ScaleY, by.Height);
        }

        return null;
    }

    private static float Back(float place, float before, float scale, float length) =>
        MathF.Max(0, MathF.Min((place - before) / scale, length));
}
