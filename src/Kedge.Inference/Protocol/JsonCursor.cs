using System.Text.Json;
using Kedge.Inference.Regions;
using Kedge.Inference.Sessions;

namespace Kedge.Inference.Protocol;

/// <summary>
/// A <see cref="Utf8JsonReader"/> over one whole body that can jump over an array which somebody else has read. The
/// envelope goes through the framework's reader; the elements of a tensor, which are nearly all of a body, do not.
/// </summary>
internal ref struct JsonCursor
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = InferenceLimits.JsonDepthMax };
    private readonly ReadOnlySpan<byte> _json;
    private int _base;

    /// <summary>The reader, standing at a token.</summary>
    internal Utf8JsonReader Reader;

    internal JsonCursor(ReadOnlySpan<byte> json)
    {
        _json = json;
        Reader = new Utf8JsonReader(json, isFinalBlock: true, new JsonReaderState(Options));
    }

    /// <summary>What takes the extensions of the request; null where none are understood.</summary>
    internal RequestExtensions? Extensions { get; init; }

    /// <summary>Shared memory that may be named; null where there is none.</summary>
    internal RegionTable? Regions { get; init; }

    /// <summary>What was read of it before; empty where nothing was.</summary>
    internal EarlyList Early { get; init; }

    /// <summary>The whole body, but for what was read early.</summary>
    internal readonly ReadOnlySpan<byte> Json => _json;

    /// <summary>True once the reader has gone over the list that was read early, as over any other.</summary>
    internal bool HasLeftEarly { get; private set; }

    /// <summary>Index in the body of the first byte of the token.</summary>
    internal readonly int TokenStart => _base + (int)Reader.TokenStartIndex;

    /// <summary>
    /// Standing at the start of an array: stands at its end, which is just before <paramref name="after"/>.
    /// </summary>
    internal void JumpTo(int after)
    {
        Utf8JsonReader end = new("]"u8, isFinalBlock: false, Reader.CurrentState);
        end.Read();
        HasLeftEarly |= TokenStart == Early.Bracket;
        Reader = new Utf8JsonReader(_json[after..], isFinalBlock: true, end.CurrentState);
        _base = after;
    }
}
