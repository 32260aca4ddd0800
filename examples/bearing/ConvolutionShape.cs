namespace Kedge.Examples.Bearing;

/// <summary>The extents of a convolution over time.</summary>
/// <param name="InputChannels">Channels that it takes.</param>
/// <param name="OutputChannels">Channels that it gives.</param>
/// <param name="Kernel">Times under one window.</param>
/// <param name="Stride">Times from one window to the next.</param>
public readonly record struct ConvolutionShape(int InputChannels, int OutputChannels, int Kernel, int Stride);
