using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Neighbours;

namespace Kedge.Wire.Neighbours;

/// <summary>The JSON of rosters and offers: strict writing, tolerant and bounded reading.</summary>
public static class NeighbourFormat
{
    /// <summary>UTF-8 JSON of a roster; the same devices in the same order give the same bytes.</summary>
    public static byte[] Write(RosterMessage roster) =>
        JsonSerializer.SerializeToUtf8Bytes(roster, WireJson.Default.RosterMessage);

    /// <summary>UTF-8 JSON of an offer.</summary>
    public static byte[] Write(NeighbourOffer offer) => JsonSerializer.SerializeToUtf8Bytes(
        new OfferMessage { State = WordOf(offer.State), Chunks = offer.Chunks, Beat = offer.Beat },
        WireJson.Default.OfferMessage);

    /// <summary>
    /// Reads a roster; devices with a name, a key or addresses that are none are left out, as if they were not there.
    /// </summary>
    public static RosterMessage? TryReadRoster(ReadOnlySpan<byte> bytes, out Finding? finding)
    {
        RosterMessage? read = Read(bytes, NeighbourLimits.RosterBytesMax, WireJson.Default.RosterMessage, out finding);
        if (read is null)
        {
            return null;
        }

        if (read.V != 1 || read.Site is null || read.Devices is null
            || read.Devices.Count > NeighbourLimits.DevicesMax)
        {
            finding = WireErrors.Malformed.At("version, site or number of devices of the roster is out of its range");
            return null;
        }

        return read with { Devices = [.. read.Devices.Where(IsGood)] };
    }

    /// <summary>Reads an offer; a word that is not known reads as <see cref="OfferState.Unknown"/>.</summary>
    public static NeighbourOffer? TryReadOffer(ReadOnlySpan<byte> bytes, out Finding? finding)
    {
        OfferMessage? read = Read(bytes, NeighbourLimits.OfferBytesMax, WireJson.Default.OfferMessage, out finding);
        if (read is null)
        {
            return null;
        }

        if (read is { V: 1, Chunks: >= 0, Beat: >= 0 })
        {
            return new NeighbourOffer(StateOf(read.State), read.Chunks, read.Beat);
        }

        finding = WireErrors.Malformed.At("version, chunks or beat of the offer is out of its range");
        return null;
    }

    private static T? Read<T>(
        ReadOnlySpan<byte> bytes, int bytesMax, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type,
        out Finding? finding)
        where T : class
    {
        finding = null;
        if (bytes.Length > bytesMax)
        {
            finding = WireErrors.Malformed.At($"{bytes.Length} bytes are more than {bytesMax}");
            return null;
        }

        try
        {
            T? read = JsonSerializer.Deserialize(bytes, type);
            finding = read is null ? WireErrors.Malformed.At("it is null") : null;
            return read;
        }
        catch (JsonException e)
        {
            finding = WireErrors.Malformed.At($"it cannot be read: {e.Message}");
            return null;
        }
    }

    private static bool IsGood(RosterDevice? device) => device is { Addresses: not null }
        && Ids.IsName(device.Name) && Digest.TryParse(device.KeyId, out _)
        && device.Addresses.Count is > 0 and <= NeighbourLimits.AddressesMax
        && device.Addresses.All(NeighbourLimits.IsAddress);

    private static string WordOf(OfferState state) => state switch
    {
        OfferState.Whole => "whole",
        OfferState.Leading => "leading",
        OfferState.Following => "following",
        OfferState.Claiming => "claiming",
        OfferState.Wanted => "wanted",
        OfferState.None => "none",
        OfferState.Unknown => throw Check.Unreachable(state),
    };

    private static OfferState StateOf(string? word) => word switch
    {
        "whole" => OfferState.Whole,
        "leading" => OfferState.Leading,
        "following" => OfferState.Following,
        "claiming" => OfferState.Claiming,
        "wanted" => OfferState.Wanted,
        "none" => OfferState.None,
        _ => OfferState.Unknown,
    };
}
