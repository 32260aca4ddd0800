namespace Kedge.Core.Neighbours;

/// <summary>Bounds that hold between neighbours and between them and the server, each with unit and reason.</summary>
public static class NeighbourLimits
{
    /// <summary>The label whose value names the site of a device.</summary>
    public const string SiteLabel = "site";

    /// <summary>Devices of one roster: those of a site with many more are listed by name up to this.</summary>
    public const int DevicesMax = 256;

    /// <summary>Addresses of one device: a few networks, in both families.</summary>
    public const int AddressesMax = 4;

    /// <summary>Characters of an address: a host name of DNS, a colon and a port.</summary>
    public const int AddressCharsMax = 253 + 6;

    /// <summary>Bytes of a roster: its devices with every field filled.</summary>
    public const int RosterBytesMax = 512 * 1024;

    /// <summary>Bytes of an offer.</summary>
    public const int OfferBytesMax = 1024;

    /// <summary>True for <c>host:port</c>, also <c>[v6]:port</c>, as a device may be reached at.</summary>
    public static bool IsAddress(string? text)
    {
        int colon = text is null ? -1 : text.LastIndexOf(':');
        return text is { Length: <= AddressCharsMax } && colon > 0
            && int.TryParse(
                text.AsSpan(colon + 1), System.Globalization.NumberStyles.None,
                System.Globalization.CultureInfo.InvariantCulture, out int port)
            && port is > 0 and <= 65535
            && IsHost(text.AsSpan(0, colon));
    }

    private static bool IsHost(ReadOnlySpan<char> host) => host[0] == '['
        ? host.Length > 2 && host[^1] == ']' && !host[1..^1].ContainsAnyExcept("0123456789abcdefABCDEF:.%")
        : !host.ContainsAnyExcept("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
}
