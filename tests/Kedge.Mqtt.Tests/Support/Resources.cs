namespace Kedge.Mqtt.Tests.Support;

/// <summary>Text files that this assembly carries.</summary>
public static class Resources
{
    public static IReadOnlyList<string> Lines(string name)
    {
        using Stream stream = typeof(Resources).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"No resource {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
