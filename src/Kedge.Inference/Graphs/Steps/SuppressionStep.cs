using Kedge.Core.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>
/// nonMaxSuppression: of boxes FP32 [N, 4] or [1, N, 4] and scores FP32 [N, classes] or [1, N, classes], the best
/// first, each unless it overlaps a better one of its class by more than <c>iouThreshold</c>: boxes by their corners
/// [M, 4], scores [M], classes INT64 [M], and where <c>labels</c> names a file the BYTES of their labels [M]. Source:
/// ONNX NonMaxSuppression, which chooses the same. Of more than <see cref="GraphLimits.CandidatesMax"/> above
/// <c>scoreThreshold</c> the best are looked at.
/// </summary>
internal sealed class SuppressionStep : GraphStep
{
    internal required float OverlapMax { get; init; }

    internal required float ScoreMin { get; init; }

    internal required int KeptMax { get; init; }

    internal required bool IsCentre { get; init; }

    internal required bool IsPerClass { get; init; }

    internal required LabelTable? Labels { get; init; }

    internal static GraphStep? Make(StepDraft draft)
    {
        if (!draft.TryCounts(2, 3, 4))
        {
            return null;
        }

        for (int i = 0; i < 2; i++)
        {
            draft.NeedType(i, TensorType.Float32);
            draft.NeedRank(i, 2, 3);
        }

        float overlap = draft.Number("iouThreshold", 0, 1, 0.45f);
        float score = draft.Number("scoreThreshold", -1e9, 1e9, 0.25f);
        int kept = draft.Whole("maxDetections", 1, GraphLimits.ChosenMax, 300);
        bool centre = draft.Word("boxes", "corners", "centre") == "centre";
        bool perClass = draft.Flag("perClass", true);
        if (!draft.Holds)
        {
            return null;
        }

        RefuseShapes(draft);
        LabelTable? labels = LabelTable.Of(draft, 3, draft.Inputs[1].Shape[^1]);
        draft.Make(TensorType.Float32, -1, Box.Length);
        draft.Make(TensorType.Float32, -1);
        draft.Make(TensorType.Int64, -1);
        draft.Make(TensorType.Bytes, -1);
        return new SuppressionStep
        {
            Name = draft.Spec.Name,
            Inputs = draft.Slots,
            Outputs = draft.Outputs,
            OverlapMax = overlap,
            ScoreMin = score,
            KeptMax = kept,
            IsCentre = centre,
            IsPerClass = perClass,
            Labels = labels,
        };
    }

    internal override Finding? Run(GraphRun run)
    {
        Tensor boxes = In(run, 0);
        Tensor scores = In(run, 1);
        int classes = Rows.Length(scores);
        int count = Rows.Count(boxes);
        if (Rows.Length(boxes) != Box.Length
            || Rows.Count(scores) != count
            || (boxes.Rank == 3 && boxes.Shape[0] != 1)
            || (Labels is not null && Labels.Count != classes))
        {
            return Fail($"boxes {TensorShape.Describe(boxes.Shape)} and scores "
                + $"{TensorShape.Describe(scores.Shape)} do not fit each other.");
        }

        Span<ulong> order = Candidates(scores.Values<float>(), run.Scratch);
        Span<int> kept = run.Scratch.Take<int>(1, Math.Min(KeptMax, order.Length));
        Span<Box> corners = run.Scratch.Take<Box>(2, kept.Length);
        int keptCount = 0;
        for (int i = 0; i < order.Length && keptCount < kept.Length; i++)
        {
            int index = (int)(uint)order[i];
            Box box = Box.Read(boxes.Values<float>().Slice(index / classes * Box.Length, Box.Length), IsCentre);
            if (!IsCovered(box, index % classes, classes, kept[..keptCount], corners))
            {
                corners[keptCount] = box;
                kept[keptCount++] = index;
            }
        }

        return Write(run, kept[..keptCount], corners, scores);
    }

    private bool IsCovered(in Box box, int kind, int classes, ReadOnlySpan<int> kept, ReadOnlySpan<Box> corners)
    {
        for (int i = 0; i < kept.Length; i++)
        {
            if ((!IsPerClass || kept[i] % classes == kind) && corners[i].OverlapWith(box) > OverlapMax)
            {
                return true;
            }
        }

        return false;
    }

    private Finding? Write(GraphRun run, ReadOnlySpan<int> kept, ReadOnlySpan<Box> corners, Tensor scores)
    {
        int classes = Rows.Length(scores);
        ReadOnlySpan<long> shape = [kept.Length];
        if (!TryStart(run, 0, [kept.Length, Box.Length], out Tensor boxes)
            || !TryStart(run, 1, shape, out Tensor values)
            || !TryStart(run, 2, shape, out Tensor kinds))
        {
            return TooLarge(shape);
        }

        for (int i = 0; i < kept.Length; i++)
        {
            corners[i].Write(boxes.Values<float>().Slice(i * Box.Length, Box.Length));
            values.Values<float>()[i] = scores.Values<float>()[kept[i]];
            kinds.Values<long>()[i] = kept[i] % classes;
        }

        if (Labels is not null && TryStart(run, 3, shape, out Tensor texts))
        {
            Labels.Write(kinds.Values<long>(), texts);
        }

        return null;
    }

    /// <summary>
    /// Indices of the scores above the threshold, the best first, of equal ones the first. Each is one number that
    /// sorts so: the score turned round in the upper half, the index in the lower.
    /// </summary>
    private Span<ulong> Candidates(ReadOnlySpan<float> scores, GraphScratch scratch)
    {
        int count = 0;
        foreach (float score in scores)
        {
            count += score > ScoreMin ? 1 : 0;
        }

        Span<ulong> order = scratch.Take<ulong>(0, count);
        int place = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            if (scores[i] > ScoreMin)
            {
                order[place++] = ((ulong)~Ascending(scores[i]) << 32) | (uint)i;
            }
        }

        order.Sort();
        return order[..Math.Min(count, GraphLimits.CandidatesMax)];
    }

    /// <summary>Sorts as whole numbers as the scores sort.</summary>
    private static uint Ascending(float score)
    {
        uint bits = BitConverter.SingleToUInt32Bits(score == 0 ? 0 : score);
        return (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
    }

    private static void RefuseShapes(StepDraft draft)
    {
        GraphValue boxes = draft.Inputs[0];
        GraphValue scores = draft.Inputs[1];
        if (boxes.Shape[^1] is not (-1 or Box.Length) || (boxes.Rank == 3 && boxes.Shape[0] is not (1 or -1)))
        {
            draft.Fault($"boxes are [N,4] or [1,N,4], and {boxes} is not.", "inputs");
        }

        if (scores.Rank == 3 && scores.Shape[0] is not (1 or -1))
        {
            draft.Fault($"scores are [N,classes] or [1,N,classes], and {scores} is not.", "inputs");
        }

        if (boxes.Shape[^2] >= 0 && scores.Shape[^2] >= 0 && boxes.Shape[^2] != scores.Shape[^2])
        {
            draft.Fault($"{boxes} and {scores} are not of as many boxes.", "inputs");
        }
    }
}
