using System.Collections.Immutable;
using System.Net;
using Kedge.Core.Manifests;
using Kedge.Core.Neighbours;

namespace Kedge.Agent.Neighbours;

/// <summary>
/// <c>neighbours</c> of <c>agent.json</c>: without it no port is open and no other device is asked. Never compared.
/// Properties are set, not initialised: what the file does not name would else not keep its default.
/// </summary>
internal sealed record NeighbourConfig
{
    /// <summary>Address and port where this device answers others of its site, as <c>192.168.1.10:8844</c>.</summary>
    public string Listen { get; set; } = "";

    /// <summary>
    /// Where others reach it, each <c>host:port</c>; where it is not said, <see cref="Listen"/>, which must not be a
    /// wildcard then.
    /// </summary>
    public IReadOnlyList<string> Advertise { get; set; } = [];

    /// <summary>
    /// Bytes per second that all others together may take from it, as <c>8Mi</c>; empty for no bound.
    /// </summary>
    public string Limit { get; set; } = "";

    /// <summary>Bytes per second; 0 for no bound.</summary>
    internal long LimitBytesPerSecond =>
        Limit.Length > 0 && Quantity.TryParseBytes(Limit, out long bytes) ? bytes : 0;

    /// <summary>Where it listens. Asked where there are no findings.</summary>
    internal IPEndPoint EndPoint => IPEndPoint.Parse(Listen);

    /// <summary>What others are told.</summary>
    internal ImmutableArray<string> Addresses => Advertise.Count > 0 ? [.. Advertise] : [Listen];

    /// <summary>Everything that is wrong.</summary>
    internal IEnumerable<string> Findings()
    {
        bool isEndPoint = IPEndPoint.TryParse(Listen, out IPEndPoint? listen) && listen.Port > 0;
        if (!isEndPoint)
        {
            yield return "neighbours.listen must be an address and a port, as 192.168.1.10:8844";
        }

        bool isWild = isEndPoint && (listen!.Address.Equals(IPAddress.Any) || listen.Address.Equals(IPAddress.IPv6Any));
        if (isWild && Advertise.Count == 0)
        {
            yield return "neighbours.advertise must say where others reach this device, as listen is a wildcard";
        }

        if (Advertise.Count > NeighbourLimits.AddressesMax || !Advertise.All(NeighbourLimits.IsAddress))
        {
            yield return $"neighbours.advertise takes up to {NeighbourLimits.AddressesMax} addresses, each host:port";
        }

        if (Limit.Length > 0
            && (!Quantity.TryParseBytes(Limit, out long bytes)
                || bytes is < PeerLimits.LimitMin or > Core.Limits.FetchBytesPerSecondMax))
        {
            yield return "neighbours.limit takes bytes per second, 256Ki to 10Gi";
        }
    }
}
