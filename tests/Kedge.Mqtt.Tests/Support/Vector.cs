using System.Globalization;
using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Tests.Support;

/// <summary>One line of a vector file.</summary>
public sealed record Vector(MqttVersion Version, string Paragraph, string Name, string Verdict, byte[] Bytes)
{
    public static IReadOnlyList<Vector> All { get; } =
        [.. Read("mqtt5.txt", MqttVersion.V5), .. Read("mqtt311.txt", MqttVersion.V311)];

    public bool IsValid => Verdict is "ok" or "longer";

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Version} §{Paragraph} {Name}");

    private static IEnumerable<Vector> Read(string file, MqttVersion version) =>
        from line in Resources.Lines(file)
        where !line.StartsWith('#')
        let parts = line.Split(' ')
        select new Vector(version, parts[0], parts[1], parts[2], Convert.FromHexString(parts[3]));
}
