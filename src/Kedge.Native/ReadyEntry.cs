namespace Kedge.Native;

/// <summary>A descriptor of a <see cref="ReadySet"/> that has something to read.</summary>
/// <param name="Key">What it was watched as.</param>
/// <param name="HasEnded">True when the peer sends no more, or the descriptor is in error.</param>
public readonly record struct ReadyEntry(int Key, bool HasEnded);
