using System.Globalization;
using System.Net.NetworkInformation;

namespace Kedge.Tests.Fleet;

/// <summary>
/// A /24 of 127.0.0.0/8 (RFC 1122, 3.2.1.3) in which nobody listens: fleets that run at once, or that a killed test
/// left behind, then never meet on an address and a port.
/// </summary>
internal sealed class LoopbackNet
{
    private const int TriesMax = 1000;
    private readonly byte _second;
    private readonly byte _third;

    private LoopbackNet(byte second, byte third)
    {
        _second = second;
        _third = third;
    }

    /// <summary>Chooses one by chance; 127.0.0.0/24 and the nets beside it are left to others.</summary>
    /// <exception cref="InvalidOperationException">Somebody listens in all that were looked at.</exception>
    public static LoopbackNet Choose()
    {
        HashSet<(byte, byte)> taken =
        [
            .. IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners()
                .Select(static l => l.Address.GetAddressBytes())
                .Where(static a => a is [127, _, _, _])
                .Select(static a => (a[1], a[2])),
        ];
        for (int i = 0; i < TriesMax; i++)
        {
            (byte second, byte third) = ((byte)Random.Shared.Next(64, 192), (byte)Random.Shared.Next(256));
            if (!taken.Contains((second, third)))
            {
                return new LoopbackNet(second, third);
            }
        }

        throw new InvalidOperationException("somebody listens in every loopback net: ss -ltn");
    }

    /// <summary>The address of a device.</summary>
    /// <param name="device">0 to 243.</param>
    public string Address(int device) =>
        string.Create(CultureInfo.InvariantCulture, $"127.{_second}.{_third}.{checked((byte)(11 + device))}");
}
