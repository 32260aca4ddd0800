using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Batching;

/// <summary>
/// One request in a queue: part of the request's own memory, so that waiting allocates nothing. Between
/// <see cref="SlotMachine.Arrive"/> and its coming out in a batch or among the refused, the machine alone may touch it.
/// </summary>
/// <param name="owner">Whose request it is: given back as it came.</param>
/// <param name="call">Its tensors; the inputs do not change while it waits.</param>
public sealed class QueueEntry(object owner, InferenceCall call)
{
    /// <summary>No deadline.</summary>
    public static readonly TimeSpan Never = TimeSpan.MaxValue;

    /// <summary>Whose request it is.</summary>
    public object Owner => owner;

    /// <summary>Its tensors.</summary>
    public InferenceCall Call => call;

    /// <summary>Level asked for, from 1; 0 for the model's default. Written by whoever sends it.</summary>
    public int Priority { get; set; }

    /// <summary>How long it may wait; zero for as long as the model allows. Written by whoever sends it.</summary>
    public TimeSpan Timeout { get; set; }

    /// <summary>Cancelled when whoever asked has gone. Written by whoever sends it.</summary>
    public CancellationToken Gone { get; set; }

    /// <summary>Rows of its first axis; 1 where the model is not batched. Written by the queue.</summary>
    public int Rows { get; internal set; }

    /// <summary>When it came, by the caller's clock. Written by the queue.</summary>
    public TimeSpan ArrivedAt { get; internal set; }

    /// <summary>When it is too late to compute it, by the caller's clock. Written by the queue.</summary>
    public TimeSpan Deadline { get; internal set; }

    /// <summary>What became of it. Written by the queue.</summary>
    public QueueVerdict Verdict { get; internal set; }

    /// <summary>Its level, from 0. Written by the queue.</summary>
    internal int Level { get; set; }

    /// <summary>True when it joins no batch. Written by the queue.</summary>
    internal bool IsAlone { get; set; }

    /// <summary>Spreads shapes: two that may join have the same. Written by the queue.</summary>
    internal ulong ShapeKey { get; set; }

    /// <summary>Its neighbours in the list that holds it. Written by <see cref="EntryList"/>.</summary>
    internal QueueEntry? Previous { get; set; }

    /// <inheritdoc cref="Previous"/>
    internal QueueEntry? Next { get; set; }

    /// <summary>
    /// Counts its rows and takes in its shape. False, with the reason in <see cref="Verdict"/>, when it fits no batch
    /// of this size.
    /// </summary>
    internal bool TryMeasure(int rowsMax)
    {
        long rows = 0;
        ulong key = 14695981039346656037;
        for (int i = 0; i < call.Inputs.Length; i++)
        {
            ReadOnlySpan<long> shape = call.Inputs[i].Shape;
            if (shape.Length == 0 || (i > 0 && shape[0] != rows))
            {
                Verdict = QueueVerdict.Ragged;
                return false;
            }

            rows = shape[0];
            foreach (long dimension in shape[1..])
            {
                key = (key ^ (ulong)dimension) * 1099511628211;
            }

            key = (key ^ (ulong)shape.Length) * 1099511628211;
        }

        if (rows > rowsMax)
        {
            Verdict = QueueVerdict.TooLarge;
            return false;
        }

        // No rows, or no inputs: nothing to lay beside others.
        IsAlone = rows == 0;
        Rows = (int)Math.Max(rows, 1);
        ShapeKey = key;
        return true;
    }

    /// <summary>True when both may be computed in one run: all axes but the first are equal.</summary>
    internal bool Joins(QueueEntry other)
    {
        if (IsAlone || other.IsAlone || ShapeKey != other.ShapeKey)
        {
            return false;
        }

        for (int i = 0; i < call.Inputs.Length; i++)
        {
            Tensor mine = call.Inputs[i];
            if (!mine.Shape[1..].SequenceEqual(other.Call.Inputs[i].Shape[1..]))
            {
                return false;
            }
        }

        return true;
    }
}
