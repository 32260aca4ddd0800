namespace Kedge.Native;

/// <summary>A range of this process's memory.</summary>
/// <param name="Start">First address.</param>
/// <param name="Bytes">Its length, a multiple of the page's.</param>
internal sealed record MappedRange(nuint Start, nuint Bytes);
