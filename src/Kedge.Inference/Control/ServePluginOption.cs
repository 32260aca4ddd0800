namespace Kedge.Inference.Control;

/// <summary>One option of a plug-in.</summary>
/// <param name="Name">Its name, not empty.</param>
/// <param name="Value">Its value.</param>
public sealed record ServePluginOption(string Name, string Value);
