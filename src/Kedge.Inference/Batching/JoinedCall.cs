using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Batching;

/// <summary>
/// Several requests as one call: their inputs one behind the other along the first axis, their outputs taken apart
/// again. Each element is copied once on its way in and once on its way out. The memory is used again and again.
/// </summary>
/// <param name="signature">Of the model that they are for.</param>
public sealed class JoinedCall(ModelSignature signature)
{
    private readonly long[] _shape = new long[InferenceLimits.RankMax];

    /// <summary>The call to run.</summary>
    public InferenceCall Call { get; } = new(signature);

    /// <summary>Null where requests to a model of this signature may be computed together, else why not.</summary>
    public static Finding? WhyNever(ModelSignature signature)
    {
        foreach (TensorSpec spec in signature.Inputs.Concat(signature.Outputs))
        {
            if (!spec.HasShape || spec.Shape.IsEmpty || spec.Shape[0] != -1)
            {
                return InferErrors.BatchImpossible.At($"'{spec.Name}' does not begin with an axis of any size.");
            }
        }

        return signature.Inputs.IsEmpty ? InferErrors.BatchImpossible.At("The model has no inputs.") : null;
    }

    /// <summary>
    /// Lays the inputs of a batch one behind the other and wants whatever any of them wants. False when they are too
    /// large for one tensor.
    /// </summary>
    public bool TryGather(Batch batch)
    {
        Call.Clear();
        for (int input = 0; input < signature.Inputs.Length; input++)
        {
            if (!TryGather(batch, input))
            {
                return false;
            }

            Call.TryGive(input);
        }

        foreach (QueueEntry entry in batch.Members)
        {
            foreach (int output in entry.Call.Wanted)
            {
                Call.TryWant(output, binary: false);
            }
        }

        return true;
    }

    /// <summary>
    /// Gives every request its rows of the outputs that it wants. False when an output does not have a row for each row
    /// of the inputs; what was given until then is undefined.
    /// </summary>
    public bool TryScatter(Batch batch)
    {
        foreach (int output in Call.Wanted)
        {
            Tensor whole = Call.Outputs[output];
            if (whole.Rank == 0 || whole.Shape[0] != batch.Rows || !TryScatter(batch, output, whole))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Gives memory back where a tensor holds more than this many bytes.</summary>
    public void Trim(int keepBytesMax) => Call.Trim(keepBytesMax);

    private bool TryGather(Batch batch, int input)
    {
        Tensor first = batch[0].Call.Inputs[input];
        Tensor whole = Call.Inputs[input];
        whole.Begin(signature.Inputs[input].Name, first.Type);
        if (!whole.TryShape(ShapeOf(first, batch.Rows)))
        {
            return false;
        }

        int at = 0;
        foreach (QueueEntry entry in batch.Members)
        {
            Tensor part = entry.Call.Inputs[input];
            if (part.Type == TensorType.Bytes)
            {
                if (part.Bytes.Length > InferenceLimits.TensorBytesMax - whole.Bytes.Length)
                {
                    return false;
                }

                CopyTexts(part, 0, part.TextCount, whole);
            }
            else
            {
                part.Bytes.CopyTo(whole.Bytes[at..]);
                at += part.Bytes.Length;
            }
        }

        Check.That(whole.Type == TensorType.Bytes ? whole.TextCount == whole.ElementCount : at == whole.Bytes.Length);
        return true;
    }

    private bool TryScatter(Batch batch, int output, Tensor whole)
    {
        int rowElements = whole.ElementCount / batch.Rows;
        int rowBytes = whole.Bytes.Length / batch.Rows;
        int row = 0;
        foreach (QueueEntry entry in batch.Members)
        {
            if (entry.Call.Wanted.Contains(output))
            {
                Tensor part = entry.Call.Outputs[output];
                part.Begin(whole.Name, whole.Type);
                Check.That(part.TryShape(ShapeOf(whole, entry.Rows)));
                if (whole.Type == TensorType.Bytes)
                {
                    CopyTexts(whole, row * rowElements, entry.Rows * rowElements, part);
                }
                else
                {
                    whole.Bytes.Slice(row * rowBytes, entry.Rows * rowBytes).CopyTo(part.Bytes);
                }
            }

            row += entry.Rows;
        }

        return row == batch.Rows;
    }

    private ReadOnlySpan<long> ShapeOf(Tensor like, int rows)
    {
        like.Shape.CopyTo(_shape);
        _shape[0] = rows;
        return _shape.AsSpan(0, like.Rank);
    }

    private static void CopyTexts(Tensor from, int start, int count, Tensor to)
    {
        for (int i = start; i < start + count; i++)
        {
            to.AppendText(from.Text(i));
        }
    }
}
