namespace Kedge.Wire.Neighbours;

/// <summary>Answer of a neighbour to <c>GET /v1/offers/{digest}</c>.</summary>
public sealed record OfferMessage
{
    /// <summary>Version of the message.</summary>
    public int V { get; init; } = 1;

    /// <summary>
    /// <c>whole</c>, <c>leading</c>, <c>following</c>, <c>claiming</c>, <c>wanted</c> or <c>none</c>.
    /// </summary>
    public string State { get; init; } = "";

    /// <summary>Verified chunks that it has, from the first without a gap.</summary>
    public int Chunks { get; init; }

    /// <summary>Grows whenever something came for it.</summary>
    public long Beat { get; init; }
}
