namespace Kedge.Native;

/// <summary>How a child ended.</summary>
/// <param name="Exited">True when it exited by itself, false when a signal ended it.</param>
/// <param name="Status">Exit status 0..255, or the number of the signal.</param>
public readonly record struct ProcessEnd(bool Exited, int Status);
