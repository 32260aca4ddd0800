namespace Kedge.Content.Formats;

/// <summary>
/// Reads bytes of one file from anywhere in it: how pure code looks into files that are too large for memory.
/// </summary>
/// <param name="offset">Where to read from, in bytes, 0 or above.</param>
/// <param name="into">Where to put what is read.</param>
/// <returns>Bytes read, from the beginning of <paramref name="into"/>; fewer than asked for at any time, 0 only at or
/// behind the file's end.</returns>
public delegate int ByteReader(long offset, Span<byte> into);
