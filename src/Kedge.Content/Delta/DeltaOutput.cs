namespace Kedge.Content.Delta;

/// <summary>Takes bytes of a delta.</summary>
/// <param name="offset">Where they belong in the delta.</param>
/// <param name="bytes">The bytes, good for the call only.</param>
public delegate void DeltaOutput(long offset, ReadOnlySpan<byte> bytes);
