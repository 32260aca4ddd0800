namespace Kedge.Inference.Control;

/// <summary>What a model server compared with another one so far.</summary>
public sealed class ControlShadow
{
    /// <summary>For whom: as it was asked for.</summary>
    public string Id { get; set; } = "";

    /// <summary>True while the connection to the other one stands.</summary>
    public bool Connected { get; set; }

    /// <summary>Milliseconds since it began.</summary>
    public long ElapsedMs { get; set; }

    /// <summary>Answers that were compared.</summary>
    public long Compared { get; set; }

    /// <summary>Those of them that agreed.</summary>
    public long Agreed { get; set; }

    /// <summary>Copies that were dropped, because too many waited or one was too large.</summary>
    public long Dropped { get; set; }

    /// <summary>The first difference, at most 400 characters; empty without one.</summary>
    public string First { get; set; } = "";
}
