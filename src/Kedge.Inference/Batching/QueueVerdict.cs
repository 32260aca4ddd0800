using Kedge.Core.Errors;
using Kedge.Inference.Errors;

namespace Kedge.Inference.Batching;

/// <summary>What became of a request that asked to be computed.</summary>
public enum QueueVerdict
{
    /// <summary>Nothing yet.</summary>
    Unknown = 0,

    /// <summary>It is computed now: a slot is taken for it.</summary>
    Runs = 1,

    /// <summary>It waits, and comes in a batch or among the refused later.</summary>
    Waits = 2,

    /// <summary>Refused: as many wait as may.</summary>
    Full = 3,

    /// <summary>Refused: it waited longer than it may.</summary>
    Late = 4,

    /// <summary>Refused: whoever asked has gone.</summary>
    Gone = 5,

    /// <summary>Refused: more rows than a batch may have.</summary>
    TooLarge = 6,

    /// <summary>Refused: its inputs have different numbers of rows.</summary>
    Ragged = 7,

    /// <summary>Refused: the model is taken away.</summary>
    Closed = 8,
}

/// <summary>What a refused request is told.</summary>
public static class QueueVerdicts
{
    /// <summary>The error of a refusal; null for the two that are none.</summary>
    public static ErrorCode? ErrorOf(QueueVerdict verdict) => verdict switch
    {
        QueueVerdict.Runs or QueueVerdict.Waits => null,
        QueueVerdict.Full => InferErrors.QueueFull,
        QueueVerdict.Late => InferErrors.QueueTimeout,
        QueueVerdict.Gone => InferErrors.ClientGone,
        QueueVerdict.TooLarge => InferErrors.BatchTooLarge,
        QueueVerdict.Ragged => InferErrors.BatchRagged,
        QueueVerdict.Closed => InferErrors.ModelUnknown,
        QueueVerdict.Unknown => throw Kedge.Core.Check.Unreachable(verdict),
    };
}
