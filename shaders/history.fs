/*{
  "ISFVSN": "2",
  "DESCRIPTION": "What was seen goes on moving: the stored picture zooms, turns, bends and fades while the fresh one is laid into it. The second pass is one tick of a 60th of a second.",
  "CREDIT": "vj; coordinates in the order of MilkDrop",
  "CATEGORIES": ["Finish", "Feedback"],
  "INPUTS": [
    {"NAME": "inputImage", "TYPE": "image"},
    {"NAME": "mode", "TYPE": "long", "DEFAULT": 0, "VALUES": [0, 1, 2, 3], "LABELS": ["off", "lighten", "average", "sharpen"], "LABEL": "How the fresh picture is laid in: the brighter of both, a running mean, or a mean that sharpens itself"},
    {"NAME": "show", "TYPE": "float", "DEFAULT": 0.5, "MIN": 0.0, "MAX": 1.0, "LABEL": "How much of what is stored is shown"},
    {"NAME": "half_life", "TYPE": "float", "DEFAULT": 0.3, "MIN": 0.08, "MAX": 1.2, "LABEL": "Seconds in which a trail loses half its light"},
    {"NAME": "zoom", "TYPE": "float", "DEFAULT": 0.12, "MIN": -0.6, "MAX": 0.6, "LABEL": "Octaves a second that trails grow; below 0 they sink away"},
    {"NAME": "spin", "TYPE": "float", "DEFAULT": 0.0, "MIN": -0.3, "MAX": 0.3, "LABEL": "Radians a second that trails turn"},
    {"NAME": "warp", "TYPE": "float", "DEFAULT": 0.05, "MIN": 0.0, "MAX": 1.0, "LABEL": "How much trails meander"},
    {"NAME": "depth", "TYPE": "float", "DEFAULT": 0.0, "MIN": -1.0, "MAX": 1.0, "LABEL": "Outer parts zoom faster than inner ones, or slower"},
    {"NAME": "age_hue", "TYPE": "float", "DEFAULT": 0.0, "MIN": -60.0, "MAX": 60.0, "LABEL": "Degrees a second that a trail's hue turns"},
    {"NAME": "gain", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.7, "MAX": 1.3, "LABEL": "Average: light of the fresh picture"},
    {"NAME": "growth", "TYPE": "float", "DEFAULT": 0.08, "MIN": 0.0, "MAX": 0.3, "LABEL": "Sharpen: how strongly spots and stripes grow"},
    {"NAME": "kick", "TYPE": "float", "DEFAULT": 0.3, "MIN": 0.0, "MAX": 1.5, "LABEL": "Octaves a second that a kick adds to the zoom"},
    {"NAME": "zoom_kick", "TYPE": "float", "DEFAULT": 0.0, "LABEL": "Zoom by kicks now, octaves a second"},
    {"NAME": "pan_x", "TYPE": "float", "DEFAULT": 0.0, "LABEL": "Move to the right, of the width a tick"},
    {"NAME": "pan_y", "TYPE": "float", "DEFAULT": 0.0, "LABEL": "Move up, of the height a tick"},
    {"NAME": "wander", "TYPE": "float", "DEFAULT": 0.0, "LABEL": "Time of the meandering, s"},
    {"NAME": "decay", "TYPE": "float", "DEFAULT": 0.96, "LABEL": "What is left of stored light after a tick"},
    {"NAME": "ageing", "TYPE": "color", "DEFAULT": [0.96, 0.0, 0.0, 0.0], "LABEL": "What of a channel, the one after it and the one before it stays in it after a tick"},
    {"NAME": "drift", "TYPE": "image", "LABEL": "How far each place moves in a tick"},
    {"NAME": "fresh", "TYPE": "image", "LABEL": "The fresh picture in linear light"}
  ],
  "PASSES": [{"TARGET": "drift", "FLOAT": true}, {"TARGET": "stored", "PERSISTENT": true, "FLOAT": true}]
}*/

// Pass 0 draws, small, where the light of each place comes from, relative to it, and in blue how much of it arrives:
// that is smooth, and the same for all ticks of a frame. MODE is a constant: each mode is compiled by itself. CUBIC asks for Catmull-Rom, which keeps trails crisp.
#ifndef MODE
#define MODE 1
#endif

const float TICK = 1. / 60.;
// Linear light that a trail loses in every tick besides fading, so that it ends in black.
const float LEAK = .002;
const vec3 LUMA = vec3(.2126, .7152, .0722);

#if PASSINDEX == 0
vec2 before(vec2 uv) {
    vec2 shape = vec2(RENDERSIZE.x / RENDERSIZE.y, 1.);
    vec2 p = (uv - .5) * shape;
    float octaves = (zoom + zoom_kick) * TICK * exp2(2. * depth * (length(p) - .5));
    p *= exp2(-octaves);
    vec4 wobble = vec4(11.68, 8.77, 10.54, 11.49) + vec4(4., 3., 3., 4.) * cos(wander * vec4(1.4, 1.13, .93, 1.21));
    vec4 phase = wander * vec4(.333, .375, .753, .825);
    p += .0035 * warp * vec2(sin(phase.x + dot(p, vec2(wobble.x, -wobble.w))) + cos(phase.z - dot(p, vec2(wobble.y, -wobble.z))),
                             cos(phase.y - dot(p, vec2(wobble.x, wobble.z))) + sin(phase.w + dot(p, vec2(wobble.y, wobble.w))));
    float turn = -spin * TICK;
    p = mat2(cos(turn), sin(turn), -sin(turn), cos(turn)) * p;
    return p / shape + .5 - vec2(pan_x, pan_y);
}

void main() {
    vec2 uv = before(isf_FragNormCoord);
    // What comes in over the edge as a mirror image is dimmed, so that the edge does not show as an axis.
    vec2 inside = min(uv, 1. - uv);
    isf_FragColor = vec4(uv - isf_FragNormCoord, mix(.9, 1., smoothstep(-.02, .03, min(inside.x, inside.y))), 1.);
}
#else
// Nothing moves by more than the whole picture in a tick.
vec2 mirrored(vec2 uv) {
    return 1. - abs(1. - abs(uv));
}

#ifdef CUBIC
// Catmull-Rom in five looks: the corners weigh next to nothing.
vec3 look(vec2 uv) {
    vec2 size = vec2(textureSize(inputImage, 0));
    vec2 place = uv * size;
    vec2 whole = floor(place - .5) + .5;
    vec2 f = place - whole;
    vec2 w0 = f * (-.5 + f * (1. - .5 * f)), w1 = 1. + f * f * (-2.5 + 1.5 * f);
    vec2 w2 = f * (.5 + f * (2. - 1.5 * f)), w3 = f * f * (-.5 + .5 * f);
    vec2 w12 = w1 + w2;
    vec2 a = (whole - 1.) / size, b = (whole + w2 / w12) / size, c = (whole + 2.) / size;
    vec4 sum = vec4(texture(inputImage, b).rgb, 1.) * w12.x * w12.y
             + vec4(texture(inputImage, vec2(b.x, a.y)).rgb, 1.) * w12.x * w0.y
             + vec4(texture(inputImage, vec2(b.x, c.y)).rgb, 1.) * w12.x * w3.y
             + vec4(texture(inputImage, vec2(a.x, b.y)).rgb, 1.) * w0.x * w12.y
             + vec4(texture(inputImage, vec2(c.x, b.y)).rgb, 1.) * w3.x * w12.y;
    return max(sum.rgb / sum.a, 0.);
}
#else
vec3 look(vec2 uv) {
    return texture(inputImage, uv).rgb;
}
#endif

// The grey axis is where the hue turns about; chroma fades more slowly than light, so old light is colour, not fog.
vec3 aged(vec3 c) {
    return max(ageing.x * c + ageing.y * c.gbr + ageing.z * c.brg, 0.);
}

void main() {
    vec3 move = texture(drift, isf_FragNormCoord).xyz;
    vec2 place = mirrored(isf_FragNormCoord + move.xy);
    vec3 old = look(place);
#if MODE == 3
    // Contrast to the surroundings grows a little every tick: peaks fade more slowly, though they do fade, hollows faster.
    // Six looks round about, so that what grows does not follow the grid; so far off that it is as large at any size.
    vec2 far = vec2(RENDERSIZE.y / RENDERSIZE.x, 1.) / 180.;
    vec2 east = far * vec2(1., 0.), north = far * vec2(.5, .866), south = far * vec2(.5, -.866);
    vec3 soft = (texture(inputImage, place + east).rgb + texture(inputImage, place - east).rgb
               + texture(inputImage, place + north).rgb + texture(inputImage, place - north).rgb
               + texture(inputImage, place + south).rgb + texture(inputImage, place - south).rgb) / 6.;
    float bright = dot(old, LUMA);
    float more = growth * (bright - dot(soft, LUMA)) / max(bright, 1e-3);
    old *= 1. + clamp(4. * more, -3. * (1. - decay), .7 * (1. - decay));
#endif
    vec3 now = texelFetch(fresh, ivec2(gl_FragCoord.xy), 0).rgb;
    old = aged(old) * move.z;
#if MODE == 1
    vec3 next = max(now, old - LEAK);
#else
    vec3 goal = gain * now;
    vec3 mean = old + (1. - decay) * goal;
    // The leak takes what is brighter than the fresh picture, and never takes that itself.
    vec3 next = max(mean - LEAK, min(mean, goal));
#endif
    isf_FragColor = vec4(min(next, 8.), 1.);
}
#endif
