namespace Kedge.Core.Desired;

/// <summary>How a received generation stands to the one that is held.</summary>
public enum GenerationVerdict
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>Apply it.</summary>
    Newer = 1,

    /// <summary>The same content again: nothing to do.</summary>
    Same = 2,

    /// <summary>An old one arrived late: nothing to do.</summary>
    Stale = 3,

    /// <summary>The same number with other content: two writers, an alarm.</summary>
    Conflict = 4,
}

/// <summary>The guard at the door of every desired state.</summary>
public static class GenerationGuard
{
    /// <summary>Compares what arrived with what is held.</summary>
    /// <param name="held">Generation held; 0 for none.</param>
    /// <param name="heldContent">Digest of the signed bytes held.</param>
    /// <param name="arrived">Generation that arrived, from 1.</param>
    /// <param name="arrivedContent">Digest of the signed bytes that arrived.</param>
    public static GenerationVerdict Judge(
        Generation held, Digest heldContent, Generation arrived, Digest arrivedContent)
    {
        Check.That(arrived.Value > 0);
        return arrived.CompareTo(held) switch
        {
            > 0 => GenerationVerdict.Newer,
            < 0 => GenerationVerdict.Stale,
            0 => arrivedContent == heldContent ? GenerationVerdict.Same : GenerationVerdict.Conflict,
        };
    }
}
