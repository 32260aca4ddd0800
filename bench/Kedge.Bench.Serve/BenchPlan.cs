using Kedge.Bench.Common;

namespace Kedge.Bench.Serve;

/// <summary>What is measured with what, and for how long.</summary>
/// <param name="Program">kedge-serve, the native build.</param>
/// <param name="Node">Path of Node; empty where it is absent.</param>
/// <param name="Script">The Node server.</param>
/// <param name="Folder">For the models.</param>
/// <param name="IsQuick">True for a first look.</param>
/// <param name="Report">Takes the figures.</param>
internal sealed record BenchPlan(
    string Program, string Node, string Script, string Folder, bool IsQuick, BenchReport Report)
{
    /// <summary>The median of so many rounds counts.</summary>
    public int Rounds => IsQuick ? 1 : 3;

    /// <summary>Before each measurement.</summary>
    public TimeSpan WarmUp => TimeSpan.FromSeconds(IsQuick ? 0.1 : 0.4);

    /// <summary>Of each measurement.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds((IsQuick ? 0.2 : 1.2) * Longer);

    /// <summary>So many times as long, where a model answers a few requests a second only.</summary>
    public int Longer { get; init; } = 1;

    /// <summary>Of each open loop.</summary>
    public TimeSpan OpenDuration => TimeSpan.FromSeconds(IsQuick ? 0.8 : 10);

    /// <summary>Says on the console how far it is.</summary>
    public static void Say(string text) => Console.WriteLine(text);
}
