namespace Kedge.Content.Delta.Coding;

/// <summary>
/// One way through the decisions that describe elements: writing them, reading them, or only weighing what they would
/// cost. Each codec is written once over this, so that writer and reader cannot disagree.
/// </summary>
internal interface IEntropyCoder
{
    /// <summary>True where values come out of the coder and what is passed in is not looked at.</summary>
    static abstract bool IsReading { get; }

    /// <summary>One decision under an adaptive model.</summary>
    /// <param name="model">What was learned of such decisions: see <see cref="BitModel"/>.</param>
    /// <param name="bit">The decision, where it is known.</param>
    /// <returns>The decision.</returns>
    bool Bit(ref uint model, bool bit);

    /// <summary>Bits that nothing is known of.</summary>
    /// <param name="value">The bits, where they are known; none above <paramref name="count"/>.</param>
    /// <param name="count">How many, 0..64.</param>
    /// <returns>The bits.</returns>
    ulong Plain(ulong value, int count);
}
