namespace Kedge.Cli.Kinds;

/// <summary>A column of a kind's table.</summary>
/// <param name="Heading">In capitals.</param>
/// <param name="IsWide">True when it is shown only with <c>-o wide</c>.</param>
internal sealed record Column(string Heading, bool IsWide = false);
